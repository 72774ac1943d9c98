"""What must stay, one rule at a time."""

from dataclasses import replace

import pytest

from kit.errors import LeadlineError
from settings_service.domain.keeping import keep_default, keep_open_stage, keep_pipelines
from tests.unit.settings.building import pipeline, priority, stage


def test_a_module_keeps_its_last_pipeline() -> None:
    with pytest.raises(LeadlineError) as refused:
        keep_pipelines(pipeline(), None, [])
    assert refused.value.reason == "LAST_PIPELINE"
    keep_pipelines(pipeline(), None, [pipeline()])
    keep_pipelines(pipeline(), pipeline(), [])


def test_the_default_stays_the_default_until_another_one_is() -> None:
    default = priority(1, is_default=True)
    for after in (None, replace(default, is_default=False)):
        with pytest.raises(LeadlineError) as refused:
            keep_default(default, after, [priority(2)])
        assert refused.value.reason == "DEFAULT_REQUIRED"
    keep_default(default, replace(default, label="Now"), [])
    keep_default(priority(2), None, [default])


def test_the_default_pipeline_is_told_so_also_where_it_is_the_last() -> None:
    with pytest.raises(LeadlineError) as refused:
        keep_pipelines(pipeline(is_default=True), None, [])
    assert refused.value.reason == "DEFAULT_REQUIRED"


def test_closed_stages_may_go_and_change_where_none_is_open() -> None:
    won = stage(1, is_won=True)
    keep_open_stage(won, None, [])
    keep_open_stage(won, replace(won, name="Sold"), [])
    keep_open_stage(won, replace(won, is_won=False), [])
    with pytest.raises(LeadlineError) as refused:
        keep_open_stage(stage(1), None, [won])
    assert refused.value.reason == "LAST_OPEN_STAGE"
