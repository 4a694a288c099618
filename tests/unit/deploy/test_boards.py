"""The boards: generated from code, complete, and linked to the figures they show."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy.grafana.generate import FOLDER, generated
from services.kpi.definitions import INDICATORS, Good
from shared.imminence import NEAR_SECONDS
from tests.support.promql import DEPLOY, dashboards, names, panels, queries, read, recorded

BOARDS = dashboards()


def test_what_is_committed_is_what_the_code_makes() -> None:
    committed = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.json")}
    assert committed == generated(), "run `python -m deploy.grafana.generate`"


def test_the_boards_of_the_services_there_are() -> None:
    assert set(BOARDS) == {"operations", "stages", "coverage", "incidents", "public", "health"}
    uids = [board["uid"] for board in BOARDS.values()]
    assert len(set(uids)) == len(uids)


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_titles_are_spanish_with_english_beside(board: dict[str, Any]) -> None:
    titles = [board["title"], *(panel["title"] for panel in panels(board))]
    assert all(re.fullmatch(r"[^·]+ · [^·]+", title) for title in titles), titles
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_a_panel_without_a_value_says_so_in_both_languages(board: dict[str, Any]) -> None:
    told = {panel["fieldConfig"]["defaults"]["noValue"] for panel in panels(board)}
    assert told == {"Sin datos · No data"}


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_account_and_period_can_be_chosen(board: dict[str, Any]) -> None:
    variables = {one["name"]: one for one in board["templating"]["list"]}
    assert set(variables) == {"tenant", "period", "api"}
    assert variables["tenant"]["multi"]
    asked = {
        name
        for panel in panels(board)
        for target in panel["targets"]
        for name in re.findall(r"\$(\w+)", target["expr"])
    }
    assert asked <= set(variables)


def test_what_has_a_tenant_is_cut_by_the_account() -> None:
    """A panel that forgot the variable would show one account's figures to another."""
    of_tenants = re.compile(
        r"enlace_(requests_open|desk_\w+|incidents?_\w+|deadlines?_\w+|training_\w+|indicator_\w+|warnings_\w+)(?P<cut>\{[^}]*\})?"
    )
    for place, query in queries().items():
        for found in of_tenants.finditer(query):
            if ":" not in query[: found.start()][-1:]:
                assert 'tenant=~"$tenant"' in (found["cut"] or query), place


def test_drill_down_names_indicators_that_exist() -> None:
    links = [
        link["url"]
        for board in BOARDS.values()
        for holder in (board, *panels(board))
        for link in holder.get("links") or ()
        if link["url"]
    ]
    assert len(links) > len(BOARDS)
    for link in links:
        parts = urlsplit(link.replace("${api}", "http://enlace"))
        subject = parts.path.split("/")[4]
        query = parse_qs(parts.query)
        assert parts.path.startswith("/api/v1/indicators/"), link
        assert {"from", "to"} <= set(query), link
        assert subject in {name.partition(".")[0] for name in INDICATORS}
        for name in query.get("indicator", ()):
            assert name in INDICATORS
            assert query["part"][0] in {"numerator", "missed"}


def test_missed_deadlines_of_every_stage_lead_to_the_cases_of_every_kind() -> None:
    """A figure of requests, incidents and desks whose link knew requests alone hid the others."""
    breached = {"requests", "incidents", "consultations", "dossiers", "claims"}
    every_stage = 0
    for board in BOARDS.values():
        for panel in panels(board):
            asked = [target["expr"] for target in panel["targets"]]
            if panel.get("links") and any(
                "deadlines_breached_total{" in one and "stage=~" not in one for one in asked
            ):
                found = {urlsplit(link["url"]).path.split("/")[4] for link in panel["links"]}
                assert found == breached, panel["title"]
                titles = [link["title"] for link in panel["links"]]
                assert len(set(titles)) == len(titles)
                every_stage += 1
    assert every_stage > 1


def test_counts_of_a_period_are_whole_and_the_first_is_seen(tmp_path: Path) -> None:
    """Prometheus estimates what is between samples, and sees nothing rise that was not there."""
    asked = {place: query.replace("$period", "1h") for place, query in queries().items()}
    (dead,) = (query for place, query in asked.items() if "Dead letters in the period" in place)
    (missed,) = (query for place, query in asked.items() if "Deadlines missed in the" in place)
    case = {
        "interval": "1m",
        "input_series": [
            {
                "series": 'enlace_dead_letters_total{service="kpi", reason="broken"}',
                "values": "_x90 1x40",
            },
            {
                "series": 'enlace_deadlines_breached_total{tenant="osce", stage="reply"}',
                "values": "4x80 7x40",
            },
        ],
        "promql_expr_test": [
            _told(dead, "85m", 0),
            _told(dead, "110m", 1),
            _told(missed.replace("$tenant", ".+"), "95m", 3),
        ],
    }
    file = tmp_path / "test.yaml"
    file.write_text(json.dumps({"evaluation_interval": "1m", "tests": [case]}), encoding="utf-8")
    done = subprocess.run(
        ["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for place, query in asked.items():
        assert query.count("[1h]") == query.count("round("), place


def _told(query: str, at: str, value: int) -> dict[str, Any]:
    return {"expr": query, "eval_time": at, "exp_samples": [{"labels": "{}", "value": value}]}


def test_recorded_series_exist() -> None:
    used = {name for query in queries().values() for name in names(query) if ":" in name}
    assert used
    assert used <= recorded()


def test_a_target_is_seen_whichever_side_of_it_is_good() -> None:
    operations = [query for place, query in queries().items() if place.startswith("operations/")]
    for good in ("higher", "lower"):
        cut = f'good="{good}"'
        assert any(query.count(cut) == 2 for query in operations), good


def test_a_figure_of_the_month_is_never_without_its_target() -> None:
    for board in BOARDS.values():
        for panel in panels(board):
            asked = [target["expr"] for target in panel["targets"]]
            for query in asked:
                compared = " - on (tenant) " in query
                if query.startswith("max by (tenant) (enlace_indicator_month") and not compared:
                    assert query.replace("_month", "_target") in asked, panel["title"]


def test_a_limit_is_the_accounts_own_or_holds_for_everybody() -> None:
    """None, one, better than its target; and near, as what counts promises has it."""
    absolute = {None, 0, 1, NEAR_SECONDS}
    for board in BOARDS.values():
        for panel in panels(board):
            config = panel["fieldConfig"]
            found = [config["defaults"].get("thresholds"), *map(_limits_of, config["overrides"])]
            steps = {step["value"] for limits in found if limits for step in limits["steps"]}
            assert steps <= absolute, panel["title"]


def test_a_figure_beside_its_target_has_the_colour_of_their_difference() -> None:
    coloured = 0
    for board in BOARDS.values():
        for panel in panels(board):
            asked = {target["refId"]: target["expr"] for target in panel["targets"]}
            if panel["type"] != "stat" or "enlace_indicator_target" not in asked.get("B", ""):
                continue
            (indicator,) = re.findall('indicator="(.+?)"', asked["B"])
            assert INDICATORS[indicator].good is Good.HIGHER
            assert asked["C"] == f"{asked['A']} - on (tenant) {asked['B']}"
            (override,) = panel["fieldConfig"]["overrides"]
            assert override["matcher"] == {"id": "byFrameRefID", "options": "C"}
            steps = _limits_of(override)["steps"]
            assert [step["value"] for step in steps] == [None, 0]
            coloured += 1
    assert coloured > 4


def _limits_of(override: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {one["id"]: one["value"] for one in override["properties"]}
    return found["thresholds"]  # type: ignore[no-any-return]


def test_every_panel_asks_the_provisioned_source() -> None:
    (folder,) = (DEPLOY / "grafana/provisioning/dashboards").glob("*.yaml")
    assert read(folder)["providers"][0]["options"]["path"] == "/var/lib/grafana/dashboards"
    sources = read(DEPLOY / "grafana/provisioning/datasources/prometheus.yaml")["datasources"]
    uids = {source["uid"] for source in sources if source["type"] == "prometheus"}
    for board in BOARDS.values():
        assert {panel["datasource"]["uid"] for panel in panels(board)} <= uids
