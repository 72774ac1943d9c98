"""What each GET under /lead-settings asks of the services, and how it answers what they say."""

from leadline.leads.v1 import scoring_service_pb2
from leadline.settings.v1 import lists_pb2
from leadline.settings.v1 import settings_service_pb2 as pb

from tests.contract.gateway import samples
from tests.contract.gateway import samples_records as records
from tests.contract.gateway import samples_settings as settings
from tests.contract.gateway.cases import Read
from tests.contract.gateway.samples import PIPELINE_ID, STAGE_ID
from tests.contract.gateway.samples_settings import PLAIN_LISTS, RETIREMENT_ID

READS = [
    Read(
        "/lead-settings/qualification-threshold",
        "GetThreshold",
        pb.GetThresholdRequest(),
        pb.GetThresholdResponse(threshold=lists_pb2.Threshold(threshold=60, version=4, updated_at=samples.CREATED_AT)),
        {"threshold": 60, "version": 4, "updatedAt": samples.CREATED},
        '"4"',
    ),
    Read(
        "/lead-settings/pipelines?module=leads",
        "ListPipelines",
        pb.ListPipelinesRequest(module=lists_pb2.MODULE_LEADS),
        pb.ListPipelinesResponse(pipelines=[records.PIPELINE]),
        [records.PIPELINE_JSON],
    ),
    Read(
        f"/lead-settings/stages?module=opportunities&pipelineId={PIPELINE_ID}",
        "ListStages",
        pb.ListStagesRequest(module=lists_pb2.MODULE_OPPORTUNITIES, pipeline_id=PIPELINE_ID),
        pb.ListStagesResponse(stages=[records.STAGE]),
        [records.STAGE_JSON],
    ),
    Read(
        "/lead-settings/priorities",
        "ListPriorities",
        pb.ListPrioritiesRequest(),
        pb.ListPrioritiesResponse(priorities=[records.PRIORITY]),
        [records.PRIORITY_JSON],
    ),
    *(
        Read(
            f"/lead-settings/{path}",
            "ListLabels",
            pb.ListLabelsRequest(list=which),
            pb.ListLabelsResponse(labels=[records.LABEL]),
            [records.LABEL_JSON],
        )
        for path, which in PLAIN_LISTS
    ),
    Read(
        f"/lead-settings/stages/{STAGE_ID}/fields",
        "ListStageFields",
        pb.ListStageFieldsRequest(stage_id=STAGE_ID),
        pb.ListStageFieldsResponse(fields=[settings.STAGE_FIELD]),
        [settings.STAGE_FIELD_JSON],
    ),
    Read(
        f"/lead-settings/stage-ownership/{STAGE_ID}",
        "GetStageOwnership",
        pb.GetStageOwnershipRequest(stage_id=STAGE_ID),
        pb.GetStageOwnershipResponse(ownership=settings.OWNERSHIP),
        settings.OWNERSHIP_JSON,
        '"3"',
    ),
    Read(
        f"/lead-settings/stage-ownership/{STAGE_ID.upper()}",
        "GetStageOwnership",
        pb.GetStageOwnershipRequest(stage_id=STAGE_ID),
        pb.GetStageOwnershipResponse(ownership=settings.NO_OWNERSHIP),
        settings.NO_OWNERSHIP_JSON,
        '"1"',
    ),
    Read(
        f"/lead-settings/field-visibility/{STAGE_ID}",
        "GetFieldVisibility",
        pb.GetFieldVisibilityRequest(stage_id=STAGE_ID),
        pb.GetFieldVisibilityResponse(visibility=settings.VISIBILITY),
        settings.VISIBILITY_JSON,
        '"3"',
    ),
    Read(
        "/lead-settings/scoring-rules",
        "ListScoringRules",
        pb.ListScoringRulesRequest(),
        pb.ListScoringRulesResponse(rules=[settings.RULE, settings.BARE_RULE]),
        [settings.RULE_JSON, settings.BARE_RULE_JSON],
    ),
    *(
        Read(
            "/lead-settings/scoring-rules/rescore",
            "GetRescore",
            scoring_service_pb2.GetRescoreRequest(),
            scoring_service_pb2.GetRescoreResponse(rescore=rescore),
            expected,
        )
        for rescore, expected in (
            (settings.NO_RESCORE, settings.NO_RESCORE_JSON),
            (settings.RESCORE, settings.RESCORE_JSON),
        )
    ),
    Read(
        "/lead-settings/retirements",
        "ListRetirements",
        pb.ListRetirementsRequest(),
        pb.ListRetirementsResponse(retirements=[settings.RUNNING, settings.FAILED]),
        [settings.RUNNING_JSON, settings.FAILED_JSON],
    ),
    Read(
        f"/lead-settings/retirements/{RETIREMENT_ID}",
        "GetRetirement",
        pb.GetRetirementRequest(retirement_id=RETIREMENT_ID),
        pb.GetRetirementResponse(retirement=settings.FAILED),
        settings.FAILED_JSON,
    ),
]
