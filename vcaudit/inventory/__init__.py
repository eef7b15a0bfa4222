"""The inventory: vcaudit.yaml as typed, checked data."""

from vcaudit.inventory.loader import load_inventory
from vcaudit.inventory.types import Cluster, CredentialSpec, Inventory, Node, WinRM

__all__ = ["Cluster", "CredentialSpec", "Inventory", "Node", "WinRM", "load_inventory"]
