"""Published flaws as they stand in the NVD: names, ranges and pairs of real records, as far as a test needs them."""

from rules.book.flaws import Configuration, Criterion, Flaw, Node


def cpe(
    part: str, vendor: str, product: str, version: str = "*", update: str = "*", edition: str = "*"
) -> str:
    """A CPE 2.3 name."""
    return f"cpe:2.3:{part}:{vendor}:{product}:{version}:{update}:*:*:{edition}:*:*:*"


def pair(vendor: str, product: str, version: str = "*", end_excluding: str | None = None) -> Configuration:
    """A firmware on its own hardware, both to be there: how the NVD writes most devices."""
    flawed = Criterion(cpe("o", vendor, f"{product}_firmware", version), end_excluding=end_excluding)
    board = Criterion(cpe("h", vendor, product, "-"), vulnerable=False)
    return Configuration((Node((flawed,)), Node((board,))), every=True)


HIKVISION = Flaw(
    "CVE-2021-36260",
    98,
    True,
    (
        pair("hikvision", "ds-2cd2186g2-isu", "-"),
        pair("hikvision", r"ds-2cd2026g2-iu\/sl", "-"),
    ),
)
"""Lists some two hundred models and no version of any."""

DAHUA = Flaw(
    "CVE-2021-33044",
    98,
    True,
    (
        pair("dahuasecurity", "ipc-hum7xxx", end_excluding="2.820.0000000.5.r.210705"),
        pair("dahuasecurity", "ipc-hx5xxx", end_excluding="2.820.0000000.18.r.210705"),
        pair("dahuasecurity", "sd41", end_excluding="2.812.0000007.0.r.210706"),
    ),
)

AXIS = Flaw(
    "CVE-2023-21418",
    71,
    False,
    (
        Configuration(
            (
                Node(
                    (
                        Criterion(cpe("o", "axis", "axis_os", edition="-"), end_excluding="6.50.5.15"),
                        Criterion(cpe("o", "axis", "axis_os", edition="active"), end_excluding="11.7.57"),
                        Criterion(cpe("o", "axis", "axis_os_2018", edition="lts"), end_excluding="8.40.35"),
                        Criterion(cpe("o", "axis", "axis_os_2020", edition="lts"), end_excluding="9.80.49"),
                        Criterion(cpe("o", "axis", "axis_os_2022", edition="lts"), end_excluding="10.12.213"),
                    )
                ),
            )
        ),
    ),
)
"""One operating system on every camera, by its tracks; no hardware is named."""

MOXA = Flaw(
    "CVE-2016-8350",
    63,
    False,
    tuple(
        Configuration(
            (
                Node((Criterion(cpe("o", "moxa", "iologik_e1200_series_firmware"), end_including=end),)),
                Node(tuple(Criterion(cpe("h", "moxa", f"iologik_{one}", "-"), False) for one in boards)),
            ),
            every=True,
        )
        for end, boards in (
            ("2.4", ("e1210", "e1212", "e1214", "e1241", "e1242", "e1260", "e1262")),
            ("2.3", ("e1211", "e1240")),
            ("2.5", ("e1213",)),
        )
    ),
)
"""One firmware name for a series: which version is flawed depends on the board that it runs on."""

HIKVISION_BRACKETS = Flaw("CVE-2017-7921", 98, True, (pair("hikvision", r"ds-2cd2432f-i\(w\)", "-"),))
"""A variant in brackets: the record is of the model with it and without."""
