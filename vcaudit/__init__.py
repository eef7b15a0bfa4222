"""vcaudit: would the other node of a clustered VirtualCenter take over, today?"""

__version__ = "0.1.0"
