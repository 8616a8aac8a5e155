"""Every problem the vault tells about, with its published code."""

from functools import partial

from shared.errors import Invalid, Refused, Unavailable, Unknown, Untrusted

text_malformed = partial(
    Invalid, "vault.text-malformed", "文字中有无法保存的残缺字符。", "请重新输入该段文字。"
)
wrong_wrapping_key = partial(
    Untrusted,
    "vault.wrong-wrapping-key",
    "包裹密钥与密钥库不符，库中的密钥解不开。",
    "请换用与该密钥库配套的包裹密钥文件后重新启动；刚轮换过的，请用新文件。",
)
wrapping_key_malformed = partial(
    Untrusted,
    "vault.wrapping-key-malformed",
    "包裹密钥不是 32 字节。",
    "请从备份恢复包裹密钥文件；不要自行编写。",
)
busy = partial(Unavailable, "vault.busy", "密钥库正被别的程序占用，一直没有让出。", "请稍后重试。")
full = partial(Unavailable, "vault.full", "密钥库所在磁盘已满。", "请腾出空间后重试。")
not_scrubbed = partial(
    Unavailable,
    "vault.busy",
    "密钥已销毁，但另有程序正在读密钥库，文件中的残留尚未清除。",
    "请稍后再执行一次同样的操作。",
)
unreachable = partial(
    Unavailable,
    "vault.unreachable",
    "密钥库打不开或连接中断。",
    "请检查密钥库的位置、权限和数据库服务后重试。",
)
damaged = partial(
    Untrusted, "vault.damaged", "密钥库文件已损坏，或不是密钥库。", "请停用该文件并从备份恢复。"
)


def key_id_malformed(key_id: str) -> Invalid:
    remedy = "应写作“事件编号/内容类别”，事件编号为小写 UUID。"
    return Invalid("vault.key-id-malformed", f"密钥编号“{key_id}”不合规定。", remedy)


def key_missing(key_id: str) -> Unknown:
    remedy = "请核对密钥库是否与事件库配套；恢复备份时两者都要恢复。"
    return Unknown("vault.key-missing", f"密钥库中没有密钥“{key_id}”。", remedy)


def key_erased(key_id: str) -> Refused:
    said = f"密钥“{key_id}”已依法销毁，其内容不可恢复，也不得重新建立。"
    return Refused("vault.key-erased", said, "如需查证，请看该事件的销毁记录。")


def key_damaged(key_id: str) -> Untrusted:
    return Untrusted(
        "vault.key-damaged",
        f"密钥库中的密钥“{key_id}”已损坏，用它密封的内容打不开。",
        "请从备份恢复密钥库；其他内容不受影响。",
    )


def unreadable(key_id: str) -> Untrusted:
    said = f"用密钥“{key_id}”密封的内容核验不符：可能被改动，或被移到了别处。"
    return Untrusted("vault.unreadable", said, "请保留现场，核对事件日志与检查点。")


def wrapping_key_exposed(place: str) -> Untrusted:
    said = f"包裹密钥文件 {place} 可被其他用户读写。"
    remedy = f"先查明谁可能读过并考虑轮换，再执行 chmod 600 {place}。"
    return Untrusted("vault.wrapping-key-exposed", said, remedy)


def wrapping_key_unavailable(place: str) -> Unavailable:
    said = f"包裹密钥文件 {place} 读不到，也建不了。"
    remedy = "请检查所在目录是否存在、服务账户是否有权读写。"
    return Unavailable("vault.wrapping-key-unavailable", said, remedy)
