"""The posts that everybody knows (职务)."""

ADMINISTRATOR = "administrator"
"""The post that sets the system up and appoints others (系统管理员)."""

POSTS = {
    ADMINISTRATOR: "系统管理员",
    "info_officer": "信息员",
    "office_director": "办公室主任",
    "principal_leader": "主要领导",
    "spokesperson": "新闻发言人",
    "liaison": "联络员",
    "supervisor": "督查员",
}
"""Posts and their Chinese names; packs may name more."""
