"""Long ledgers that are made up by rule: training rooms and the money."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from examples.ledger import Entry, Row

ROOMS = {
    "汽车检测与维修技术": ("发动机拆装", "底盘检修", "汽车电器", "整车诊断", "钣金喷涂", "新能源汽车"),
    "机电一体化技术": ("机械拆装", "液压气动", "工业机器人", "数控车削", "数控铣削", "智能产线"),
    "电气自动化技术": ("电工基础", "电子技术", "PLC控制", "电机拖动", "变频调速"),
    "护理": ("基础护理", "内科护理", "外科护理", "母婴护理", "急救护理", "健康评估", "解剖"),
    "眼视光技术": ("验光", "眼镜定配", "视力检查"),
    "畜牧兽医": ("动物解剖", "动物繁育", "兽医临床", "饲料检测"),
    "园艺技术": ("植物组培", "土壤肥料", "设施栽培", "林果加工"),
    "电子商务": ("网店运营", "直播电商", "客户服务", "物流仿真", "会计电算化"),
    "酒店管理与数字化运营": ("前厅", "客房", "中餐", "西餐", "茶艺"),
}  # fmt: skip
OUTSIDE = ("和田地区人民医院护理实习基地", "和田农业科技园实训基地", "和田汽车城校外实训基地")


def hetian_rooms(until: int) -> list[Row]:
    """Hetian's training rooms built by the end of `until`: 45 on campus and three outside by 2021."""
    inside = [(programme, f"{room}实训室", "校内") for programme, rooms in ROOMS.items() for room in rooms]
    outside = [
        ("护理", OUTSIDE[0], "校外"),
        ("园艺技术", OUTSIDE[1], "校外"),
        ("汽车检测与维修技术", OUTSIDE[2], "校外"),
    ]
    rows = [_room(turn, *room) for turn, room in enumerate([*inside, *outside])]
    return [row for row in rows if isinstance(built := row["建成时间"].value, date) and built.year <= until]


def _room(turn: int, programme: str, name: str, place: str) -> Row:
    return {
        "受援单位": Entry("和田职业技术学院"),
        "实训室名称": Entry(name),
        "性质": Entry(place),
        "使用面积（平方米）": Entry(Decimal(90 + turn * 7 % 160)),
        "设备总值（万元）": Entry(Decimal(18) + Decimal(turn * 137 % 900) / 10),
        "工位数": Entry(24 + turn * 5 % 31),
        "建成时间": Entry(date(2018 + turn % 4, 3 + turn % 6, 1)),
        "面向专业": Entry(programme),
    }


PROJECTS = {
    "加强党的建设": 180, "打造技术技能人才培养高地": 1460, "打造技术技能创新服务平台": 1280, "打造高水平双师队伍": 960, "提升校企合作水平": 640,
    "提升服务发展水平": 820, "提升学校治理水平": 260, "提升信息化水平": 1120, "提升国际化水平": 480,
}  # fmt: skip
GROUPS = {"专业群一": 2190, "专业群二": 1640}
GROUP_CONTENTS = {"课程教学资源建设": 30, "教师教学创新团队": 20, "实践教学基地": 35, "社会服务": 15}
SOURCES = {
    "中央财政投入资金": 40,
    "地方财政投入资金": 30,
    "举办方投入资金": 10,
    "行业企业支持资金": 5,
    "学校自筹资金": 15,
}
YEAR_SHARE = {2019: 80, 2020: 110, 2021: 100}
RECEIVED = {2019: 985, 2020: 1000, 2021: 962}
SPENT = {2019: 968, 2020: 983, 2021: 955}


def funds(year: int) -> list[Row]:
    """The year's money of the three scopes; the school's line 打造高水平专业群 is the sum of the two groups, source by source."""
    school = [row for name, amount in PROJECTS.items() for row in _sources(year, "学校", name, Decimal(amount))]
    groups = [
        row
        for scope, amount in GROUPS.items()
        for name, share in GROUP_CONTENTS.items()
        for row in _sources(year, scope, name, Decimal(amount * share) / 100)
    ]
    return school[:15] + _groups_line(year, groups) + school[15:] + groups


def _sources(year: int, scope: str, name: str, amount: Decimal) -> list[Row]:
    return [
        _money(year, scope, name, source, amount * share * YEAR_SHARE[year] / 10_000)
        for source, share in SOURCES.items()
    ]


def _money(year: int, scope: str, name: str, source: str, budget: Decimal) -> Row:
    drift = len(name) * 3 + len(source) - 30
    received = budget * (RECEIVED[year] + min(drift, 12)) / 1000 if source != "中央财政投入资金" else budget
    spent = received * (SPENT[year] + drift) / 1000
    return _fund_row(year, scope, name, source, (budget, received, spent))


def _groups_line(year: int, groups: list[Row]) -> list[Row]:
    return [
        _fund_row(year, "学校", "打造高水平专业群", source, tuple(_sum(groups, source, header) for header in AMOUNTS))
        for source in SOURCES
    ]


AMOUNTS = ("预算金额", "到位金额", "支出金额")


def _sum(rows: list[Row], source: str, header: str) -> Decimal:
    values = (row[header].value for row in rows if row["资金来源"].value == source)
    return sum((value for value in values if isinstance(value, Decimal)), Decimal(0))


def _fund_row(year: int, scope: str, name: str, source: str, amounts: tuple[Decimal, ...]) -> Row:
    money = {header: Entry(amount.quantize(Decimal("0.01"))) for header, amount in zip(AMOUNTS, amounts, strict=True)}
    return {"层面": Entry(scope), "建设内容": Entry(name), "资金来源": Entry(source), "年度": Entry(year), **money}
