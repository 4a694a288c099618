"""Cases in the real MongoDB: one guarded write a command, whoever else writes."""

import asyncio
from dataclasses import replace

import pytest
from pymongo import WriteConcern

from shared.decider import Invalid, Rejected, Stale, Transient, Unknown
from shared.ids import derived_id, new_id
from shared.store import Cases, Cause, Codes, broken_at
from shared.store.group import GroupWriter
from tests.support.eventually import PATIENCE, eventually
from tests.support.kernel import Bench
from tests.support.toy import COUNTER, TENANT, TOY, Break, Count, Counter

pytestmark = pytest.mark.integration


def cause(**more: object) -> Cause:
    return Cause(**{"tenant": TENANT, "actor": "person:ana", **more})


class TestOneCommand:
    async def test_leaves_state_trail_and_outbox_in_one_document(self, bench: Bench) -> None:
        part = bench.parts(TOY)
        cases = part.cases["toy.counter"]

        outcome = await cases.create("c1", Count(3), cause(correlation="corr-1"))

        document = await cases.collection.find_one({"_id": "c1"})
        assert document is not None
        assert outcome.state == Counter(3)
        assert (document["version"], document["published"]) == (1, 0)
        assert document["relay_at"] is not None
        (entry,) = document["history"]
        assert entry["actor"] == "person:ana"
        assert entry["corr"] == "corr-1"
        assert entry["data"] == {"by": 3}
        assert broken_at("c1", document["history"], document["head"]) is None

    async def test_a_refusal_and_a_bug_write_nothing(self, bench: Bench) -> None:
        cases = bench.parts(TOY).cases["toy.counter"]
        with pytest.raises(Rejected, match=r"counter\.negative"):
            await cases.create("c1", Count(-1), cause())
        with pytest.raises(RuntimeError, match="on purpose"):
            await cases.create("c1", Break(), cause())
        assert await cases.collection.count_documents({}) == 0

    async def test_on_an_unknown_case_or_another_tenants_is_unknown(self, bench: Bench) -> None:
        cases = bench.parts(TOY).cases["toy.counter"]
        await cases.create("c1", Count(), cause())
        for case_id, tenant in (("nobody", TENANT), ("c1", "other")):
            with pytest.raises(Unknown):
                await cases.handle(case_id, Count(), cause(tenant=tenant))
            with pytest.raises(Unknown):
                await cases.get(case_id, tenant)
            with pytest.raises(Unknown):
                await cases.history(case_id, tenant, 0, 10)
            assert await cases.look(case_id, tenant) is None
        assert await cases.find("other", {}) == []

    async def test_those_that_are_there_are_looked_at_in_the_order_asked(
        self, bench: Bench
    ) -> None:
        cases = bench.parts(TOY).cases["toy.counter"]
        await cases.create("c1", Count(1), cause())
        await cases.create("c2", Count(2), cause())

        found = await cases.look_all(["c2", "nobody", "c1"], TENANT)

        assert [(one.id, one.state) for one in found] == [("c2", Counter(2)), ("c1", Counter(1))]
        assert await cases.look_all(["c2"], "other") == []
        assert await cases.look_all([], TENANT) == []

    async def test_on_an_older_version_is_stale(self, bench: Bench) -> None:
        cases = bench.parts(TOY).cases["toy.counter"]
        await cases.create("c1", Count(), cause())
        await cases.handle("c1", Count(), cause(), expected=1)
        with pytest.raises(Stale) as refusal:
            await cases.handle("c1", Count(), cause(), expected=1)
        assert refusal.value.fields == {"expected": 1, "actual": 2}


class TestRepetition:
    async def test_of_a_creation_gives_the_first_ones_case(self, bench: Bench) -> None:
        cases = bench.parts(TOY).cases["toy.counter"]
        case_id = derived_id(TENANT, "person:ana", "key-1")
        same = cause(id="key-1", fingerprint="f")

        first, *others = await asyncio.gather(
            *(cases.create(case_id, Count(5), same) for _ in range(20))
        )

        assert {outcome.version for outcome in (first, *others)} == {1}
        assert sum(not outcome.replayed for outcome in (first, *others)) == 1
        assert (await cases.get(case_id, TENANT)).state.total == 5

    async def test_with_another_body_is_refused(self, bench: Bench) -> None:
        cases = bench.parts(TOY).cases["toy.counter"]
        await cases.create("c1", Count(5), cause(id="key-1", fingerprint="f"))
        with pytest.raises(Invalid, match="idempotency_key_reused"):
            await cases.create("c1", Count(6), cause(id="key-1", fingerprint="g"))

    async def test_of_an_event_of_a_stream_is_known_for_ever(self, bench: Bench) -> None:
        cases = bench.parts(TOY).cases["toy.counter"]
        await cases.create("c1", Count(), cause(source=("a/b:1", 1)))
        for sequence in range(2, 200):
            await cases.handle("c1", Count(), cause(source=("a/b:1", sequence)))
        again = await cases.handle("c1", Count(), cause(source=("a/b:1", 1)))
        assert again.replayed
        assert again.state.total == 199


class TestCrowd:
    async def test_on_one_case_from_two_processes_loses_nothing(self, bench: Bench) -> None:
        """Both write as fast as they can; every command counts once, the trail has no hole."""
        ours, theirs = (bench.parts(TOY).cases["toy.counter"] for _ in range(2))
        await ours.create("hot", Count(), cause())

        await asyncio.gather(
            *(cases.handle("hot", Count(), cause()) for _ in range(150) for cases in (ours, theirs))
        )

        document = await ours.collection.find_one({"_id": "hot"})
        assert document is not None
        assert document["state"]["total"] == 301
        assert [entry["seq"] for entry in document["history"]] == list(range(1, 302))
        assert broken_at("hot", document["history"], document["head"]) is None

    async def test_on_many_cases_shares_round_trips(self, bench: Bench) -> None:
        cases = bench.parts(TOY).cases["toy.counter"]
        commit, sizes = cases._writer._writes._answer, []

        async def counting(batch: list) -> list:
            sizes.append(len(batch))
            return await commit(batch)

        cases._writer._writes._answer = counting
        await asyncio.gather(*(cases.create(new_id(), Count(), cause()) for _ in range(1_000)))

        assert await cases.collection.count_documents({}) == sum(sizes) == 1_000
        assert len(sizes) <= 10, sizes

    async def test_one_that_the_database_refuses_spoils_only_itself(self, bench: Bench) -> None:
        cases = bench.parts(TOY).cases["toy.counter"]
        too_heavy = cases.create("heavy", Count(17 * 2**20), cause())
        others = [cases.create(f"c{i}", Count(), cause()) for i in range(20)]

        outcomes = await asyncio.gather(too_heavy, *others, return_exceptions=True)

        assert isinstance(outcomes[0], Exception)
        assert [o.version for o in outcomes[1:]] == [1] * 20

    async def test_whose_work_is_interrupted_is_told_and_the_next_one_works(
        self, bench: Bench
    ) -> None:
        cases = bench.parts(TOY).cases["toy.counter"]
        await cases.create("c1", Count(), cause())
        crowd = [asyncio.create_task(cases.handle("c1", Count(), cause())) for _ in range(3)]

        async def at_work() -> bool:
            return cases._busy.get("c1") == []

        await eventually(at_work, every=0)
        (work,) = cases._drains
        work.cancel()

        async with asyncio.timeout(PATIENCE):
            outcomes = await asyncio.gather(*crowd, return_exceptions=True)
            assert [type(outcome) for outcome in outcomes] == [Transient] * 3
            assert (await cases.handle("c1", Count(), cause())).version >= 2


class TestStoredShape:
    async def test_that_is_older_is_folded_anew_from_the_history(self, bench: Bench) -> None:
        part = bench.parts(TOY)
        cases = part.cases["toy.counter"]
        await cases.create("c1", Count(2), cause())
        await cases.handle("c1", Count(3), cause())
        await cases.collection.update_one({"_id": "c1"}, {"$set": {"state": {"old": "shape"}}})

        newer = replace(COUNTER, shape=2)
        reader = Cases(newer, part.workshop.database, lambda _: None, part.relay)

        assert (await reader.get("c1", TENANT)).state.total == 5
        assert [one.state.total for one in await reader.find(TENANT, {})] == [5]
        await reader.handle("c1", Count(4), cause())
        document = await reader.collection.find_one({"_id": "c1"})
        assert document is not None
        assert (document["shape"], document["state"]["total"]) == (2, 9)


async def test_a_creation_whose_code_is_taken_is_refused_and_not_tried_for_ever(
    bench: Bench,
) -> None:
    part = bench.parts(TOY)
    kind = replace(COUNTER, thing="gauge", indexes=(), unique=(("state.total",),))
    cases = Cases(kind, part.workshop.database, lambda _: None, part.relay)
    await cases.ensure_indexes()
    await cases.create("c1", Count(5), cause())
    with pytest.raises(Rejected, match="not_unique"):
        await cases.create("c2", Count(5), cause())
    assert (await cases.create("c3", Count(6), cause())).version == 1


class TestTrail:
    @pytest.mark.parametrize(
        "forgery",
        [
            {"$set": {"history.1.data.by": 99}},
            {"$set": {"history.0.actor": "person:eve"}},
            {"$pop": {"history": 1}},
            {"$pop": {"history": -1}},
        ],
    )
    async def test_tells_that_the_past_was_changed(self, bench: Bench, forgery: dict) -> None:
        cases = bench.parts(TOY).cases["toy.counter"]
        await cases.create("c1", Count(), cause())
        for _ in range(3):
            await cases.handle("c1", Count(), cause())
        await cases.collection.update_one({"_id": "c1"}, forgery)
        document = await cases.collection.find_one({"_id": "c1"})
        assert document is not None
        assert broken_at("c1", document["history"], document["head"]) is not None


class TestCodes:
    async def test_are_never_given_twice(self, bench: Bench) -> None:
        database = bench.parts(TOY).workshop.database
        books = [Codes(database["codes"]) for _ in range(3)]
        codes = await asyncio.gather(
            *(book.next(TENANT, "SOL", 2026) for _ in range(200) for book in books)
        )
        assert len(set(codes)) == 600
        assert min(codes) == "SOL-2026-000001"
        assert max(codes) <= "SOL-2026-001500"


async def test_a_write_that_no_majority_has_yet_is_worth_another_try(bench: Bench) -> None:
    cases = bench.parts(TOY).cases["toy.counter"]
    alone = cases.collection.with_options(write_concern=WriteConcern(w=2, wtimeout=100))
    document = {"_id": "c1", "commit": new_id()}

    with pytest.raises(Transient):
        await GroupWriter(alone).insert(document)

    # it is read once a majority has it: here, the one that there is
    found = await eventually(lambda: cases.collection.find_one({}))
    assert found == document
