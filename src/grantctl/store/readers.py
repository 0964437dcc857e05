"""The readers of one connection: which there are, and that they may share a moment.

Owns loading each only when it is asked for, for no question needs all of them. Leaves what they
read to them; `reader` is the one that every question needs.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from grantctl.evaluation.assumptions import Assumptions
    from grantctl.store.assumed_reader import AssumedReader
    from grantctl.store.batch_reader import BatchReader
    from grantctl.store.connection import Connection
    from grantctl.store.fix_reader import FixReader
    from grantctl.store.graph_reader import GraphReader
    from grantctl.store.impact_reader import ImpactReader
    from grantctl.store.matrix_reader import MatrixReader
    from grantctl.store.resource_reader import ResourceReader
    from grantctl.store.token_reader import TokenReader
    from grantctl.store.transactions import Reading


class Readers:
    """Opens the other readers of a connection, which it does not close."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def at_one_moment(self) -> Reading:
        """All that is read within, by any of them, is of one moment, that of the first read.

        In a transaction that is on already it is that one's.
        """
        return self._connection.holding()

    def assuming(self, assumptions: Assumptions) -> AssumedReader:
        """A reader of the same database as it would be; its facts are for no advice."""
        from grantctl.store.assumed_reader import AssumedReader

        return AssumedReader(self._connection, assumptions)

    @property
    def resources(self) -> ResourceReader:
        """What the same connection knows of resources."""
        from grantctl.store.resource_reader import ResourceReader

        return ResourceReader(self._connection)

    @property
    def tokens(self) -> TokenReader:
        """What the same connection knows of tokens and signing keys."""
        from grantctl.store.token_reader import TokenReader

        return TokenReader(self._connection)

    @property
    def batches(self) -> BatchReader:
        """Quick verdicts for many users, of the same database."""
        from grantctl.store.batch_reader import BatchReader

        return BatchReader(self._connection)

    @property
    def fixes(self) -> FixReader:
        """What the same connection knows of changes that would help."""
        from grantctl.store.fix_reader import FixReader

        return FixReader(self._connection)

    @property
    def impacts(self) -> ImpactReader:
        """What the same connection counts of a change's reach."""
        from grantctl.store.impact_reader import ImpactReader

        return ImpactReader(self._connection)

    @property
    def graphs(self) -> GraphReader:
        """What the same connection knows of what lies around a group, a permission, a resource."""
        from grantctl.store.graph_reader import GraphReader

        return GraphReader(self._connection)

    @property
    def matrices(self) -> MatrixReader:
        """What the same connection knows of all members of a group at once."""
        from grantctl.store.matrix_reader import MatrixReader

        return MatrixReader(self._connection)
