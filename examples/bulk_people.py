"""Long ledgers that are made up by rule: dispatched staff, students' awards, practice activities. All names are invented."""

from __future__ import annotations

from datetime import date, timedelta

from examples.ledger import Entry, Row, Value

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = ("松涧", "听雨", "砚秋", "知夏", "望川", "云岫", "鹤鸣", "锦程", "墨言", "思衡", "远帆", "晨曦", "竹青")
TO_HETIAN = {2019: (0, 1, 2, 3, 4), 2020: (5, 6, 0), 2021: (7, 5)}
"""Which of the eight go in which year: five cadres in 2019, three teachers later, two go a second time."""
POSTS = ("教务处处长（援疆干部）", "学生处处长（援疆干部）", "汽车工程学院院长（援疆干部）", "机电学院副院长（援疆干部）",
         "科研处副处长（援疆干部）", "护理专业骨干教师", "电子商务专业骨干教师", "眼视光技术专业骨干教师")  # fmt: skip
SENT_TO = {
    "武威职业学院": "武威职院", "威县职业技术教育中心": "威县职教中心", "石屏县职业高级中学": "石屏职中", "泸西县职业高级中学": "泸西职中",
    "内蒙古化工职业学院": "内蒙化工", "重庆市万州职业教育中心": "万州职教中心", "红河卫生职业学院": "红河卫生职院",
    "雄县职业技术教育中心": "雄县职教中心", "青海畜牧兽医职业技术学院": "青海畜牧职业技术学院", "宝坻区": "天津宝坻",
}  # fmt: skip
OTHER_TIMES = {
    2019: (2, 3, 2, 1, 3, 2, 1, 2, 3),
    2020: (3, 2, 2, 3, 2, 3, 2, 3, 2, 2),
    2021: (3, 2, 3, 2, 2, 3, 3, 2, 2, 3, 2, 2),
}
DEPARTMENTS = (
    "教务处",
    "机电工程与自动化学院",
    "眼视光工程学院",
    "生物与环境工程学院",
    "经济与管理学院",
    "继续教育学院",
)
TITLES = ("教授", "副教授", "讲师/教研室主任", "副教授/系主任", "高级工程师")


def invented_name(number: int) -> str:
    """The same invented name for the same number, and no name twice below 400."""
    return SURNAMES[number % len(SURNAMES)] + GIVEN[(number // len(SURNAMES) + number * 5) % len(GIVEN)]


def dispatched(year: int) -> list[Row]:
    """The year's roster: the staff sent to Hetian first, then everyone else."""
    rows = [
        _person(who, year, turn, ("和田职业技术学院", "和田职院", POSTS[who]), 1)
        for turn, who in enumerate(TO_HETIAN[year])
    ]
    for turn, times in enumerate(OTHER_TIMES[year]):
        name, typed = list(SENT_TO.items())[turn % len(SENT_TO)]
        number = 100 + (year - 2019) * 20 + turn
        post = "指导专家" if turn % 2 else "驻点骨干教师"
        rows.append(_person(number, year, turn + 5, (name, typed, post), times))
    return rows


def _person(number: int, year: int, turn: int, place: tuple[str, str, str], times: int) -> Row:
    name, typed, post = place
    went = date(year, 2 + turn % 7, 1 + (turn * 3) % 27)
    back = None if year == 2021 and turn % 3 == 0 else went + timedelta(days=20 + turn * 9)
    return {
        "姓名": Entry(invented_name(number)),
        "工号": Entry(f"0{19000 + number}"),
        "派出部门": Entry(DEPARTMENTS[number % len(DEPARTMENTS)]),
        "职称/职务": Entry(TITLES[number % len(TITLES)]),
        "受援单位": Entry(name, typed if turn % 2 else None),
        "任职岗位": Entry(post),
        "派出时间": Entry(went),
        "返回时间": Entry(back),
        "人次": Entry(times),
    }


INTERNET_PLUS = {2019: "第五届", 2020: "第六届", 2021: "第七届"}
TRACKS = ("青年红色筑梦之旅赛道", "“互联网+农业”", "职教赛道")
MEDALS: dict[int, tuple[tuple[str, str, str, int], ...]] = {
    2019: (("互联网+", "国家级", "金奖", 2), ("互联网+", "市级", "一等奖", 1), ("互联网+", "市级", "二等奖", 4), ("互联网+", "市级", "三等奖", 9),
           ("挑战杯", "市级", "银奖", 3), ("挑战杯", "市级", "铜奖", 2)),
    2020: (("互联网+", "国家级", "银奖", 1), ("互联网+", "市级", "一等奖", 1), ("互联网+", "市级", "二等奖", 3), ("互联网+", "市级", "三等奖", 10),
           ("创青春", "国家级", "铜奖", 1), ("创青春", "市级", "金奖", 1), ("创青春", "市级", "银奖", 3), ("创青春", "市级", "铜奖", 2)),
    2021: (("互联网+", "市级", "二等奖", 3), ("互联网+", "市级", "三等奖", 7), ("挑战杯", "市级", "银奖", 2), ("挑战杯", "市级", "铜奖", 2)),
}  # fmt: skip
WORKS = (
    "组培苗进农家",
    "乡村电商直播间",
    "村口视光站",
    "秸秆变包装",
    "云上果园",
    "绿色循环水处理",
    "智慧大棚管家",
    "老区旅游手绘地图",
    "田间小课堂",
)


def contest_name(contest: str, year: int) -> str:
    """The contest's full name in that year."""
    if contest == "互联网+":
        return f"{INTERNET_PLUS[year]}中国“互联网+”大学生创新创业大赛"
    return f"“{contest}”天津市大学生{'课外学术科技作品竞赛' if contest == '挑战杯' else '创业大赛'}"


def students_awards(year: int) -> list[Row]:
    """The year's awards of the college's own students."""
    kinds = [(contest, level, grade) for contest, level, grade, count in MEDALS[year] for _ in range(count)]
    return [_award(year, turn, *kind) for turn, kind in enumerate(kinds)]


def _award(year: int, turn: int, contest: str, level: str, grade: str) -> Row:
    month = {"国家级": 10 if year < 2021 else 8, "市级": 6 + turn % 3}[level]
    return {
        "获奖时间": Entry(date(year, month, 10 + turn % 18)),
        "竞赛名称": Entry(contest_name(contest, year)),
        "赛道": Entry(TRACKS[turn % 3] if contest == "互联网+" else None),
        "级别": Entry(level),
        "等级": Entry(grade),
        "获奖单位": Entry("天津职业大学", ("天职", "我校", None)[turn % 3]),
        "团队/项目名称": Entry(f"{WORKS[turn % len(WORKS)]}{year % 100}{turn + 1:02d}队"),
        "指导教师": Entry("、".join(invented_name(200 + turn + extra) for extra in range(1 + turn % 2))),
        "是否受援院校教师": Entry("否"),
    }


COLLEGES = (
    "公共管理学院",
    "经济与管理学院",
    "艺术工程学院",
    "眼视光工程学院",
    "机电工程与自动化学院",
    "生物与环境工程学院",
    "电子信息工程学院",
)
TEAM_WORK = ("入户调研", "电商助农", "文化墙彩绘", "视力健康宣传", "农机维修", "环保宣讲", "智慧农业推广")
PLACES = ("宝坻区黄庄镇", "蓟州区罗庄子镇", "北辰区双街镇", "滨海新区太平镇", "威县第什营镇")


def practice(year: int, count: int = 41) -> list[Row]:
    """`count` practice activities of fourteen teams (two a college), taken in turn."""
    return [_practice(year, turn) for turn in range(count)]


def _practice(year: int, turn: int) -> Row:
    team = turn % 14
    college, work = COLLEGES[team // 2], TEAM_WORK[team // 2]
    name = f"乡村振兴暑期社会实践（{work}第{turn // 14 + 1}次）"
    team_name = f"“新时代·乡村振兴战略实践行”{college}{'一二'[team % 2]}队"
    day, place = date(year, 7, 5) + timedelta(days=turn), PLACES[turn % len(PLACES)]
    return _activity(day, name, "社会实践", college, team_name, place, 8 + turn % 9, "村民", 60 + turn * 7)


def other_activities(year: int) -> list[Row]:
    """The year's volunteering, forums and culture; in the earlier years a few practice activities too."""
    plan = (
        ("志愿服务", "结对帮扶村志愿服务", "校团委", None, 35, 240),
        ("文化活动", "文化下乡文艺演出", "校团委", None, 48, 1200),
        ("论坛会议", "青年乡村振兴分享会", "校团委", None, 90, 150),
        ("志愿服务", "农产品代言直播", "经济与管理学院", None, 12, 3000),
    )
    rows = [
        _activity(date(year, 3 + turn, 11 + turn), name, kind, college, team, PLACES[turn], people, "村民", served)
        for turn, (kind, name, college, team, people, served) in enumerate(plan)
    ]
    if year < 2021:
        rows += [_practice(year, turn) for turn in range(12 + (year - 2019) * 6)]
    return rows


def _activity(*values: Value) -> Row:
    """One row from its nine values in the order of the headers."""
    headers = ("日期", "活动名称", "活动类型", "组织单位", "团队名称", "地点", "参与师生人数", "服务对象", "服务人次")
    return {header: Entry(value) for header, value in zip(headers, values, strict=True)}
