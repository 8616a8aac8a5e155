"""The parties that every pack knows (通用当事方): roles found alike in most institutions.

A pack names its own parties besides, and says with ``canon`` which of these they are.
"""

from collections.abc import Mapping

COMMON: Mapping[str, str] = {
    "leading_group": "领导小组",
    "group_head": "组长",
    "deputy_group_head": "副组长",
    "group_members": "领导小组成员",
    "office": "领导小组办公室",
    "office_director": "办公室主任",
    "office_deputy_director": "办公室副主任",
    "superior_authority": "上级主管部门",
    "external_authority": "有关职能机关",
    "principal_leader": "主要领导",
    "supervising_leader": "分管领导",
    "unit_head": "单位负责人",
    "handling_unit": "承办单位",
    "lead_unit": "牵头单位",
    "responsible_unit": "责任单位",
    "publicity_unit": "宣传部门",
    "spokesperson": "新闻发言人",
    "info_officer": "信息员",
    "liaison": "联络员",
    "duty_leader": "带班领导",
    "duty_officer": "值班员",
    "tracking_officer": "跟踪专人",
    "supervision_office": "督查室",
    "supervisor": "督查员",
    "reviewer": "审核责任人",
    "technical_unit": "信息中心",
    "security_unit": "保卫处",
    "work_team": "工作组",
    "class_teacher": "班主任",
    "teacher": "教师",
    "school_doctor": "校医",
    "expert": "专家",
    "any_person": "任何人",
    "public": "公众",
    "administrator": "系统管理员",
}
"""Key and Chinese name of each."""
