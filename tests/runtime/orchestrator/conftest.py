from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Heaven
from kit.repository import Repository

SHOP = {
    "shop/__init__.py": "",
    "shop/cart.py": (
        '"""The basket of a customer."""\n\n\n'
        "class Cart:\n"
        "    def add_item(self, item, count=1):\n"
        '        """Put an article into the basket."""\n'
        "        self.items.append((item, count))\n\n"
        "    def total_price(self):\n"
        "        return sum(discounted(item) * count for item, count in self.items)\n"
    ),
    "shop/prices.py": (
        "def discounted(item):\n"
        '    """The price after the rebate of the season."""\n'
        "    return item.price * (1 - season_rebate())\n\n\n"
        "def season_rebate():\n    return 0.1\n"
    ),
    "shop/mail.py": (
        "class Mailer:\n    def send_receipt(self, customer):\n"
        "        return self.connection.deliver(customer.address)\n"
    ),
    "tests/test_cart.py": (
        "from shop.cart import Cart\n\n\n"
        "def test_total_price_after_rebate():\n    assert Cart().total_price() == 0\n"
    ),
}


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Heaven]:
    """A package of three modules and a test, without git; nobody writes to it."""
    repository = Repository(tmp_path_factory.mktemp("shop"))
    for path, text in SHOP.items():
        repository.write(path, text)
    with Heaven.open(repository.root) as heaven:
        yield heaven


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Heaven]:
    """A directory with nothing in it."""
    with Heaven.open(tmp_path) as heaven:
        yield heaven
