"""Intake, recognising: the words for tables, their layout, year, partner and ledger (see `read_findings.file_finding`)."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.values import Severity, Turn

# rule → message, expected, what to do
TABLE_TEXTS: Mapping[str, tuple[str, str, str]] = {
    "sheet.unrecognised": (
        "没有找到可识别的台账表头",
        "表头与某一种台账模板一致{candidates}",
        "请使用下发的空白模板填报，不要改动表头；确需改动的，请先与双高办联系",
    ),
    "sheet.no_data": (
        "表头下面没有数据行",
        "至少一行数据",
        "请填写数据后重新报送；确实没有发生的，请与双高办联系说明",
    ),
    "sheet.hidden": (
        "工作表“{sheet}”是隐藏的，其中的台账已照常读取",
        "要报送的台账放在可见的工作表中",
        "请核对这张隐藏的工作表是否要报送；不要报送的请删除后重新报送",
    ),
    "sheet.hidden_copy": (
        "隐藏的工作表“{sheet}”没有读取：可见的工作表中已有 {period} 年度的{title}，以可见的为准，以免重复计算",
        "同一年度的同一种台账只放在可见的工作表中",
        "如果隐藏的这张才是要报送的，请取消隐藏并删除另一张后重新报送；不需要的请删除",
    ),
    "sheet.hidden_not_taken": (
        "隐藏的工作表“{sheet}”没有读取：{reason}",
        "要报送的台账放在可见的工作表中，并且填写完整",
        "如果这张表也要报送，请取消隐藏、改正后重新报送；不需要的请删除",
    ),
    "sheet.repeats": (
        "工作表“{sheet}”没有读取：其中的行在{others}中都有，以免重复计算",
        "{period} 年度的{title}，每条记录只在一张工作表中",
        "无需处理；如果这张表里另有要报送的记录，请核对后重新报送",
    ),
    "sheet.sums": (
        "工作表“{sheet}”没有读取：它是{others}的汇总，合计数相同，以免重复计算",
        "{period} 年度的{title}，只填明细",
        "无需处理；下次可以不附汇总表",
    ),
    "sheet.summary_unclear": (
        "看不出工作表“{sheet}”是不是{others}的汇总：名称是汇总，行和合计数却对不上，这几张表都没有读取，以免重复计算",
        "{period} 年度的{title}，每条记录只在一张工作表中；汇总与明细相符",
        "如果是汇总，请删去这张表，或核对到与明细一致；如果不是汇总，请改个名称；改好后重新报送",
    ),
    "sheet.example": (
        "工作表“{sheet}”看来是模板，没有读取",
        "数据填在以台账或年度命名的工作表中",
        "如果其中有要报送的数据，请把工作表改名后重新报送",
    ),
    "table.unrecognised": (
        "第 {first}—{last} 行像是另一张表，但不是可识别的台账，没有读取",
        "每张表的表头与某一种台账模板一致{candidates}",
        "如果这张表也要报送，请按下发的模板填写，另放一张工作表；不需要的请删除",
    ),
    "table.doubled": (
        "同一行表头中有两套相同的列名，看来是两张表左右并排，无法分开，没有读取",
        "一张工作表放一张表；并排的表之间至少空一列",
        "请把右边的表移到另一张工作表（或移到左边的表下面，带上表头）后重新报送",
    ),
    "table.hidden": (
        "表中有隐藏的内容，已照常读取：{what}",
        "没有隐藏行、隐藏列，也没有筛选",
        "请取消隐藏和筛选，核对这些内容是否都要报送；不要报送的请删除后重新报送",
    ),
    "layout.missing_column": (
        "缺少必填的列：{headers}",
        "表头中包含：{headers}",
        "请按模板补上这些列并填写后重新报送；如果列名写法不同，请改为模板中的列名",
    ),
    "layout.unknown_header": (
        "表头“{header}”不在模板中，这一列没有读取",
        "模板中的列名{candidates}",
        "如果这一列对应模板中的某一列，请改用模板的列名；多余的列可以删除",
    ),
    "contract.contradicted": (
        "标题写的是“{titled}”，表头却是“{headed}”的",
        "标题与表头是同一种台账：“{titled}”或“{headed}”",
        "请核对标题和表头，改成一致后重新报送",
    ),
    "contract.stamp_contradicted": (
        "文件由“{stamped}”的模板填成，这张表的表头却是“{headed}”的",
        "用“{headed}”的模板填报，或在标题中写明台账名称",
        "请换用对应的模板，或在表头上方写明台账名称后重新报送",
    ),
    "contract.stamp_differs": (
        "文件由“{stamped}”的模板填成，这张表的标题和表头都是“{headed}”，已按“{headed}”读取",
        "一种台账用它自己的模板",
        "请核对；下次请用对应的模板填报",
    ),
    "partner.contradicted": (
        "这份台账写的是“{named}”，来自“{sender}”的报送位置",
        "台账中的单位与报送单位一致",
        "请核对是否放错了位置：属于“{named}”的，请放到它的报送位置；属于“{sender}”的，请改正单位名称后重新报送",
    ),
    "partner.ambiguous": (
        "没有“{header}”列，标题或工作表名中的单位又不止一个，看不出各行属于哪个单位",
        "有“{header}”列，或标题中只写一个单位：{candidates}",
        "请补上“{header}”列，或按单位分成几张工作表并各写一个单位后重新报送",
    ),
    "partner.from_title": (
        "没有“{header}”列，已按{where}中的“{name}”填入",
        "表头中有“{header}”列",
        "请核对；下次请在表中填写“{header}”列",
    ),
    "period.missing": (
        "看不出是哪一年度的数据",
        "标题、工作表名或文件名中写明年度，如“2021年度”",
        "请在标题中写明年度后重新报送",
    ),
    "period.outside": (
        "填报年度 {year} 不在建设期内",
        "{first}—{last} 年度",
        "请核对标题中的年度，改正后重新报送",
    ),
    "period.contradicted": (
        "标题写的是 {year} 年度，但“{header}”中大多数日期不在该年度",
        "标题年度与数据日期一致",
        "请核对标题中的年度，或改用该年度的数据后重新报送",
    ),
    "period.unclear": (
        "各处写的年度不一致：{claims}",
        "标题、工作表名、文件名和日期写的是同一年度：{years}",
        "请核对是哪一年度的数据，改成一致后重新报送",
    ),
    "period.stamp_differs": (
        "文件由 {stamped} 年度的模板填成，标题和日期都是 {year} 年度，已按 {year} 年度读取",
        "用当年的模板填报",
        "请核对；下次请用当年的模板",
    ),
}
TABLE_WEIGHTS: Mapping[str, tuple[Severity, Turn]] = {
    "layout.unknown_header": (Severity.WARNING, Turn.US),
    "sheet.hidden": (Severity.WARNING, Turn.SUBMITTER),
    "sheet.hidden_copy": (Severity.WARNING, Turn.SUBMITTER),
    "sheet.hidden_not_taken": (Severity.WARNING, Turn.SUBMITTER),
    "sheet.repeats": (Severity.INFO, Turn.NOBODY),
    "sheet.sums": (Severity.INFO, Turn.NOBODY),
    "sheet.example": (Severity.WARNING, Turn.SUBMITTER),
    "table.hidden": (Severity.INFO, Turn.SUBMITTER),
    "contract.stamp_differs": (Severity.INFO, Turn.SUBMITTER),
    "partner.from_title": (Severity.INFO, Turn.SUBMITTER),
    "period.stamp_differs": (Severity.INFO, Turn.SUBMITTER),
}
