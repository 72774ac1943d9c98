"""The calls about scoring rules and the threshold."""

from leadline.settings.v1 import settings_service_pb2 as pb

from kit.ids import parse_id
from kit.rpc.guard import Context
from settings_service.rpc import mapping
from settings_service.rpc.calls import Calls
from settings_service.rpc.requests import expected_version
from settings_service.store import entries, singles
from settings_service.usecases.entry_lists import SCORING_RULES
from settings_service.usecases.lists import delete_entry
from settings_service.usecases.threshold import set_threshold


class ScoringCalls(Calls):
    """Scoring rules, and the score from which a lead is qualified."""

    async def ListScoringRules(
        self, _request: pb.ListScoringRulesRequest, _context: Context
    ) -> pb.ListScoringRulesResponse:
        """Scoring rules by position."""
        found = await self._all(entries.SCORING_RULES)
        return pb.ListScoringRulesResponse(rules=map(mapping.scoring_rule_message, found))

    async def CreateScoringRule(
        self, request: pb.CreateScoringRuleRequest, context: Context
    ) -> pb.CreateScoringRuleResponse:
        """Adds a rule, at the end or at a position."""
        return await self._create(
            SCORING_RULES,
            request,
            context,
            pb.CreateScoringRuleResponse,
            lambda added: pb.CreateScoringRuleResponse(rule=mapping.scoring_rule_message(added)),
        )

    async def UpdateScoringRule(
        self, request: pb.UpdateScoringRuleRequest, _context: Context
    ) -> pb.UpdateScoringRuleResponse:
        """Changes what the mask names, and the positions with it."""
        saved = await self._update(SCORING_RULES, request, request.rule, request.rule.id)
        return pb.UpdateScoringRuleResponse(rule=mapping.scoring_rule_message(saved))

    async def DeleteScoringRule(
        self, request: pb.DeleteScoringRuleRequest, _context: Context
    ) -> pb.DeleteScoringRuleResponse:
        """Deletes a rule."""
        rule_id = parse_id(request.rule_id, "id")
        async with self._database.transaction() as tx:
            await delete_entry(tx, SCORING_RULES, rule_id, expected_version(request))
        return pb.DeleteScoringRuleResponse()

    async def GetThreshold(self, _request: pb.GetThresholdRequest, _context: Context) -> pb.GetThresholdResponse:
        """The score from which a lead is qualified."""
        async with self._database.reading() as connection:
            found = await singles.read_threshold(connection)
        return pb.GetThresholdResponse(threshold=mapping.threshold_message(found))

    async def SetThreshold(self, request: pb.SetThresholdRequest, _context: Context) -> pb.SetThresholdResponse:
        """Sets that score."""
        async with self._database.transaction() as tx:
            saved = await set_threshold(tx, request.threshold, expected_version(request))
        return pb.SetThresholdResponse(threshold=mapping.threshold_message(saved))
