"""The tables as Tortoise models, for rows that are read and written one at a time.

The schema itself, with its constraints and indexes, is storage/migrations/; ledger postings and
the outbox are written as SQL in their query files, since they are sets and want few round trips.
"""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Row(Model):
    """What all tables have in common: a number of their own."""

    id = fields.BigIntField(primary_key=True)

    class Meta:
        abstract = True


class Setting(Model):
    """A value the installation keeps for itself, such as a made-up webhook secret."""

    name = fields.CharField(64, primary_key=True)
    value_sealed = fields.TextField()

    class Meta:
        table = "setting"


class VaultKey(Row):
    """A data, look-up or signing key, wrapped by SECRET_KEY (S36)."""

    purpose = fields.TextField()
    wrapped = fields.TextField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "vault_key"


class ProgrammeVersion(Row):
    """A content of programme.toml that was in force; entries name theirs (S11)."""

    digest = fields.TextField()
    source = fields.TextField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "programme_version"


class MemberRow(Row):
    """A member, apart from how to reach them (identity) and what they own (lot)."""

    code = fields.TextField()
    name_sealed = fields.TextField()
    language = fields.TextField()
    birthday_sealed = fields.TextField(null=True)
    birthday_hash = fields.TextField(null=True)
    birthday_set_at = fields.DatetimeField(null=True)
    home_location = fields.TextField(null=True)
    source = fields.TextField()
    terms_version = fields.TextField(null=True)
    minimum_age = fields.IntField(null=True)
    tags = fields.TextField(default="")
    joined_at = fields.DatetimeField()
    last_visit_at = fields.DatetimeField(null=True)
    merged_into_id = fields.BigIntField(null=True)
    merged_at = fields.DatetimeField(null=True)
    erased_at = fields.DatetimeField(null=True)

    class Meta:
        table = "member"


class CardRow(Row):
    """A member's card token. The current one is not revoked; a merged member's is not `main`."""

    member_id = fields.BigIntField()
    token_hash = fields.TextField()
    token_sealed = fields.TextField()
    created_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    main = fields.BooleanField(default=True)

    class Meta:
        table = "card"


class StaffRow(Row):
    """A colleague; `shift_location` is where they stand today."""

    name_sealed = fields.TextField()
    role = fields.TextField()
    location = fields.TextField(null=True)
    shift_location = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    removed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "staff"


class InvitationRow(Row):
    """A single-use link that makes whoever opens it first this colleague."""

    token_hash = fields.TextField()
    staff_id = fields.BigIntField()
    created_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "invitation"


class IdentityRow(Row):
    """An address or number that is a person: a member, a colleague, both, or nobody yet (S12)."""

    kind = fields.TextField()
    value_hash = fields.TextField()
    value_sealed = fields.TextField()
    member_id = fields.BigIntField(null=True)
    staff_id = fields.BigIntField(null=True)
    proven_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "identity"


class ConversationRow(Row):
    """One chat with one address: its language and open question.

    `last_inbound_at` is empty where we wrote first and nobody has answered yet.
    """

    channel = fields.TextField()
    address_hash = fields.TextField()
    address_sealed = fields.TextField()
    identity_id = fields.BigIntField()
    language = fields.TextField()
    step = fields.TextField(null=True)
    draft_sealed = fields.TextField(null=True)
    misses = fields.IntField(default=0)
    blocked_at = fields.DatetimeField(null=True)
    last_inbound_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    opted_out_at = fields.DatetimeField(null=True)

    class Meta:
        table = "conversation"


class ConsentRow(Row):
    """One decision about messages or terms; the newest per channel and purpose holds (S33)."""

    member_id = fields.BigIntField()
    channel = fields.TextField()
    purpose = fields.TextField()
    granted = fields.BooleanField()
    wording = fields.TextField()
    version = fields.TextField()
    source = fields.TextField()
    at = fields.DatetimeField()

    class Meta:
        table = "consent"


class VoucherRow(Row):
    """A reserved reward, waiting for a colleague or closed one way or another (S19)."""

    code = fields.TextField()
    member_id = fields.BigIntField()
    reward = fields.TextField()
    programme_version_id = fields.BigIntField()
    entry_id = fields.BigIntField()
    entry_month = fields.IntField()
    state = fields.TextField()
    reserved_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    staff_id = fields.BigIntField(null=True)
    location = fields.TextField(null=True)
    worth_minor = fields.BigIntField(null=True)
    stocked = fields.BooleanField(default=False)
    purchase_operation_id = fields.BigIntField(null=True)
    restored_at = fields.DatetimeField(null=True)
    present_hash = fields.TextField(null=True)
    friend_id = fields.BigIntField(null=True)

    class Meta:
        table = "voucher"


class ClaimRow(Row):
    """A purchase without the card, to be claimed by the code on its receipt (S17)."""

    code_hash = fields.TextField()
    operation_id = fields.BigIntField()
    amount_minor = fields.BigIntField()
    location = fields.TextField(null=True)
    staff_id = fields.BigIntField(null=True)
    created_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    claimed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "claim"
