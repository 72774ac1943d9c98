"""What a product of the catalogue may hold."""

from collections.abc import Mapping

from crm_service.domain.fields import LONGEST_TEXT, Rule, flag, line, money, required, text

# Cleared, name, price and activity would leave no product behind.
PRODUCT: Mapping[str, Rule] = {
    "name": required(line(200)),
    "sku": line(100),
    "description": text(LONGEST_TEXT),
    "unit_price": required(money),
    "is_active": required(flag),
}
