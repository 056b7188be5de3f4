//! Lists of columns, in the order in which [`Fields`](super::fields::Fields) reads them, in two
//! forms: `plain`, one by one, and `packed`, as one text for [`Packed`](super::packed::Packed).

/// The columns as a statement selects them, one by one.
macro_rules! plain {
    ($_:ident $first:literal $(, $kind:ident $column:literal)*) => {
        concat!($first $(, ", ", $column)*)
    };
}

/// The columns as one text: a driver takes its time over every single value.
macro_rules! packed {
    ($($kind:ident $column:literal),*) => {
        concat!("concat(", $(packed_field!($kind $column),)* "'')")
    };
}

/// `concat` takes a missing value as an empty text.
macro_rules! packed_field {
    (text $column:literal) => {
        concat!("octet_length(", $column, "), ':', ", $column, ", ")
    };
    (number $column:literal) => {
        concat!($column, ", ':', ")
    };
    (flag $column:literal) => {
        concat!("CASE WHEN ", $column, " THEN '1:' ELSE '0:' END, ")
    };
}

macro_rules! user_columns {
    ($form:ident) => {
        $form!(
            text "u.id", text "u.name", text "u.fullname", text "u.email",
            flag "u.email_confirmed", flag "u.suspended", flag "u.site_admin",
            number "u.created_at"
        )
    };
}

macro_rules! token_columns {
    ($form:ident) => {
        $form!(
            text "t.id", text "t.owner", text "t.kind", text "t.display_name", text "t.digest",
            text "t.last4", number "t.created_at", number "t.expires_at",
            number "t.last_used_at", text "t.fine_grained", text "t.issued_by"
        )
    };
}

macro_rules! standing_columns {
    ($form:ident) => {
        $form!(
            text "s.status", number "s.decided_at", text "s.decided_by", text "s.reason",
            number "s.requested_at", number "s.revoked_at", text "s.revoked_by",
            text "s.revoked_reason", number "s.told_at"
        )
    };
}
