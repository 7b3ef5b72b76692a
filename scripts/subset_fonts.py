"""Make the report's fonts: Noto Sans SC cut down to the characters a Chinese report needs, so that they can be shipped.

Run it again only when characters are missing (they print as 〓 in the pdf):

    npm pack @expo-google-fonts/noto-sans-sc@0.4.3
    python scripts/subset_fonts.py expo-google-fonts-noto-sans-sc-0.4.3.tgz
"""

from __future__ import annotations

import argparse
import io
import os
import tarfile
from pathlib import Path

FONTS = Path(__file__).parents[1] / "tasks" / "report" / "fonts"
WEIGHTS = {"Regular": "400Regular/NotoSansSC_400Regular.ttf", "Bold": "700Bold/NotoSansSC_700Bold.ttf"}

SYMBOLS = "".join(map(chr, range(0x20, 0x7F))) + (
    "\u00a0\u3000©®°±²³·×÷–—−‘’“”•…‰′″※℃№™ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫ←↑→↓↔⇒⇔∈∏∑√∞∠∩∪∫∴∵≈≌≒≠≡≤≥≦≧≮≯⊙⊥"
    "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽■□▲△▼▽◆◇○◎●★☆♀♂✓✔✗✘〇〈〉《》「」『』【】〒〓〔〕〖〗㈠㈡㈢㈣㈤㈥㈦㈧㈨㈩"
    "㎎㎏㎜㎝㎞㎡㏄㏎㏑㏒㏕㎥￥￠￡€¥"
)
# Characters of place names and given names that GB 2312 left out.
NAMES = (
    "埇浉堌塅垴峁堽埗埕埚埝埤埭塆塄塘塮墚墘壋壩岙岽峃崀崾嵖嵚嶅嶂巉圐圙圩坋坬坭垟垌垡垱垯埏埒埸堎堠塍墕墩壅壑夼奤孖屄屃岈岍岖岚崤嵊嵛嵝嵫巂庹廆弇彧恺惪愔扺抶"
    "旸昇昉昪昽晞晟晢晳暐暕朐杧杻枘枧枹柃栟栱桄桉桠梽棡椑椤楂楙槜槲樨橦欤歙殳毌氹汈汏汖汜沄沔沚沣沩泃泖泜泺洇洑洧洨洮洺浐浒浕浛浟浠浥浭浯浲浼涍涐涢涧涪涫淏淓淦淯"
    "渌渑渟渲湉湟湨湫湲湴溇溆溠溧溱溵滃滆滏滘滍滠滢滹漈漯漳漷潋潞潴潵潼澂澄澉澛澧澴濉濒濮瀍瀑瀛瀼灞烺焓煜煊熳燊燏爨牁牂犇犍猇玎玕玘玙玚玞玟玥玶珅珉珝珣珩珺珽琇琎琛琤琨琪琬琭琮琯琰琲瑀瑄瑆瑗瑢瑧瑭瑱"
    "璁璆璇璈璋璟璠璩璺甪畈畎畬痦皛皞眬眭睢睿砀砘砫硇硐硔硚碶磏磜磡祃祊祎祐祜禤秭稂窎窦竑筇筻箐箬篁粿紘絜綦繁缊缐罘罡翀翙翯翾肸胙臑舲舣艉芈芘芗苘苢茌茋茛茝荙荥荭莘莙莜莨菀菉菖萩葑葙葭葳蒟蒽蓢蓼蔺蕖薁薮藁"
    "虒虓虢蚬蛏蛸蜊螳蠡袆裼褀襦觌訚訾詝謇豸豨赟赪赭跶踔軹辋迺逄逯郃郄郚郜郤郦郪郫郯郾鄂鄄鄌鄘鄞鄠鄢鄣鄮鄯酃酂酆醴釆釭鈊鈜鋆鋐錤鍪鎏鏊钍钐钚铷铻锜锟锶镆镔镕镱闇闉阇阌阚阡陂陉陔陬隈隰雊雩雫霅霙鞑鞡"
    "頔頠颋颙飏馃馺驺骎骓骙骧鲃鲘鲣鳐鳙鳚鳛鴛鹮麂麇黉黟黡龑龢龚喆堃淼鑫燚懿翊昱晔曦璐婧媛婕嫣暄旻炜烨焱珂琳瑜瑶瑾皓硕祺禧绮芸茜荃菡萱蕙裕谌轩辰逸钰铄锴雯霏靖韬颖馨鸿職業學關於與對國際農村東會發開訂戶"
)


def characters() -> str:
    """Every character the shipped fonts hold: ASCII, GB 2312, report symbols, and characters of names beyond GB 2312."""
    rows = (bytes((high, low)) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF))
    gb2312 = "".join(pair.decode("gb2312", errors="ignore") for pair in rows)
    return "".join(sorted(set(SYMBOLS + NAMES + gb2312)))


def subset(source: bytes, text: str) -> bytes:
    """A TrueType font with only the glyphs of `text`, without hinting and layout features, byte-stable."""
    from fontTools import subset as cutter  # noqa: PLC0415  (a development dependency, and slow to import)

    os.environ["SOURCE_DATE_EPOCH"] = "1700000000"
    options = cutter.Options(
        hinting=False, layout_features=["kern", "mark"], name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17]
    )
    options.recalc_timestamp = True
    font = cutter.load_font(io.BytesIO(source), options)
    made = cutter.Subsetter(options)
    made.populate(text=text)
    made.subset(font)
    out = io.BytesIO()
    cutter.save_font(font, out, options)
    return out.getvalue()


def covered(font: Path) -> str:
    """The characters a font really has: the source lacks some of those asked for."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415  (a development dependency, and slow to import)

    with TTFont(font) as opened:
        return "".join(map(chr, sorted(opened.getBestCmap())))


def main() -> None:
    """Write the fonts, their licence and the list of their characters."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path, help="the npm package, a .tgz")
    package = parser.parse_args().package
    text = characters()
    with tarfile.open(package) as archive:
        for weight, member in WEIGHTS.items():
            made = subset(_member(archive, member), text)
            (FONTS / f"NotoSansSC-{weight}.ttf").write_bytes(made)
            print(f"NotoSansSC-{weight}.ttf: {len(made) / 1e6:.2f} MB")
        (FONTS / "OFL.txt").write_bytes(_member(archive, "LICENSE_FONT"))
    (FONTS / "characters.txt").write_text(covered(FONTS / "NotoSansSC-Regular.ttf"), encoding="utf-8", newline="")


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    opened = archive.extractfile(f"package/{name}")
    if opened is None:
        raise SystemExit(f"{name} is not in the package")
    return opened.read()


if __name__ == "__main__":
    main()
