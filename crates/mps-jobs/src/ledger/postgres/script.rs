//! The text of statements that are sent at once, in the simple protocol.
//!
//! A statement is prepared in its session, so that the server plans it once and not each time, which is
//! half of the work of a transaction. Behind a pooler in transaction mode, sessions are exchanged; therefore the
//! name of a prepared statement is a hash of its text, so that a name never stands for another statement, and
//! the first statement that is missing or there already ends preparing (see `Failed::Unprepared`).
//!
//! A server may write such a text to its log, so a statement with a private value is none: its values have no literals.

use std::collections::HashMap;

use mps_core::postgres::{Connection, Failure, StatementResult, literal};

use crate::{hash::short, ledger::tx::Value};

/// The most statements that a session prepares, several times those of the usual operations: some depend on the
/// number of values.
const STATEMENTS: usize = 256;

/// The names of the statements that a session has prepared, by their definitions.
#[derive(Debug, Default)]
pub(super) struct Prepared(HashMap<String, String>);

/// A connection of the store.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) connection: Connection,
    /// `None` behind a pooler.
    pub(super) prepared: Option<Prepared>,
    /// True if a failed script may have prepared statements that are not listed.
    pub(super) is_spoiled: bool,
}

impl Session {
    pub(super) fn new(connection: Connection, prepares: bool) -> Self {
        Self {
            connection,
            prepared: prepares.then(Prepared::default),
            is_spoiled: false,
        }
    }

    /// Returns the parts of which one is shared with other statements while a script runs.
    pub(super) fn parts(&mut self) -> (&Connection, Statements<'_>) {
        let statements = Statements {
            prepared: self.prepared.as_mut(),
            is_spoiled: &mut self.is_spoiled,
        };
        (&self.connection, statements)
    }
}

/// The prepared statements of a session in use.
pub(super) struct Statements<'a> {
    prepared: Option<&'a mut Prepared>,
    is_spoiled: &'a mut bool,
}

impl Statements<'_> {
    /// Adds a statement with parameters to a script.
    pub(super) fn add(&self, script: &mut Script, sql: &str, values: &[Literal]) {
        let prepared = self.prepared.as_deref();
        match prepared.and_then(|prepared| script.name(prepared, definition(sql, values))) {
            Some(name) => script.execute(&name, values),
            None => script.add(&inlined(sql, values)),
        }
    }

    /// Notes what a script has come to.
    pub(super) fn ran(&mut self, script: Script, succeeded: bool) {
        match &mut self.prepared {
            Some(prepared) if succeeded => prepared.0.extend(script.prepared),
            _ => *self.is_spoiled |= !script.prepared.is_empty(),
        }
    }
}

/// Statements that are sent at once.
#[derive(Debug, Default)]
pub(super) struct Script {
    text: String,
    /// The number of statements.
    len: usize,
    /// The number of the one that looks at the server.
    pub(super) look: usize,
    /// Statements that it prepares: definitions and names.
    prepared: Vec<(String, String)>,
}

impl Script {
    /// Notes that the last statement looks at the server.
    pub(super) fn looked(&mut self) {
        self.look = self.len.saturating_sub(1);
    }

    /// Adds a statement without parameters.
    pub(super) fn add(&mut self, sql: &str) {
        self.text.extend([sql, ";"]);
        self.len += 1;
    }

    fn execute(&mut self, name: &str, values: &[Literal]) {
        let values: Vec<_> = values.iter().map(|value| value.text.as_str()).collect();
        match values.as_slice() {
            [] => self.add(&format!("EXECUTE {name}")),
            values => self.add(&format!("EXECUTE {name}({})", values.join(","))),
        }
    }

    /// Returns the name of a statement, which is prepared first if it is not yet; `None` if the session has
    /// prepared enough.
    fn name(&mut self, prepared: &Prepared, definition: String) -> Option<String> {
        let here = self.prepared.iter().find(|(it, _)| *it == definition);
        let here = here.map(|(_, name)| name);
        if let Some(name) = prepared.0.get(&definition).or(here) {
            return Some(name.clone());
        }
        if prepared.0.len() + self.prepared.len() >= STATEMENTS {
            return None;
        }
        let name = format!("mps_{}", short(&[&definition]));
        self.add(&format!("PREPARE {name}{definition}"));
        self.prepared.push((definition, name.clone()));
        Some(name)
    }

    /// Sends the statements and returns their results; nothing is sent if there are none.
    pub(super) async fn run(
        &self,
        connection: &Connection,
    ) -> Result<Vec<StatementResult>, Failure> {
        match self.len {
            0 => Ok(Vec::new()),
            _ => connection.results(&self.text).await,
        }
    }
}

/// Returns a statement that fails with a division by zero if the given one changes nothing.
pub(super) fn changing_one(sql: &str) -> String {
    format!("WITH changed AS ({sql} RETURNING 1) SELECT 1 / count(*) FROM changed")
}

/// Returns a statement that returns the rows of the given one, and fails with a division by zero if there are
/// none.
pub(super) fn with_rows(sql: &str) -> String {
    format!(
        "WITH changed AS ({sql}) SELECT changed.* FROM (SELECT 1 / count(*) AS found FROM changed) AS guard \
         LEFT JOIN changed ON guard.found IS NOT NULL"
    )
}

/// Returns what a prepared statement is defined by, after its name.
fn definition(sql: &str, values: &[Literal]) -> String {
    let types: Vec<_> = values.iter().map(|value| value.type_name).collect();
    match types.as_slice() {
        [] => format!(" AS {sql}"),
        types => format!("({}) AS {sql}", types.join(",")),
    }
}

/// A value in the text of a statement.
pub(super) struct Literal {
    text: String,
    type_name: &'static str,
}

impl Literal {
    /// Returns `None` for a private value, which may be in no text.
    fn of(value: &Value) -> Option<Self> {
        match value {
            // The server infers the type.
            Value::Null => Some(Self {
                text: "NULL".to_owned(),
                type_name: "unknown",
            }),
            Value::Int(number) => Some(Self::int(*number)),
            Value::Text(text) => Some(Self::text(text)),
            Value::Private(_) => None,
        }
    }

    pub(super) fn int(number: i64) -> Self {
        Self {
            text: format!("'{number}'"),
            type_name: "bigint",
        }
    }

    pub(super) fn text(text: &str) -> Self {
        Self {
            text: literal(text),
            type_name: "text",
        }
    }
}

/// Returns the literals of values; `None` if one of them is private.
pub(super) fn literals(values: &[Value]) -> Option<Vec<Literal>> {
    values.iter().map(Literal::of).collect()
}

/// Returns a statement with its values in place of its parameters.
fn inlined(sql: &str, values: &[Literal]) -> String {
    let mut parts = sql.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        let index = number.parse::<usize>().ok();
        match index.and_then(|number| values.get(number.checked_sub(1)?)) {
            Some(it) if it.type_name == "unknown" => text.push_str(&it.text),
            Some(it) => text.extend([&it.text, "::", it.type_name]),
            None => text.extend(["$", number]),
        }
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tx::values;

    #[test]
    fn a_statement_is_prepared_once_and_its_name_follows_from_its_text() {
        let sql = "SELECT $1, $2, $3";
        let values = &literals(values![7, "it's $1", None::<i64>]).unwrap();
        let mut prepared = Prepared::default();
        let mut is_spoiled = false;
        let mut statements = Statements {
            prepared: Some(&mut prepared),
            is_spoiled: &mut is_spoiled,
        };
        let mut script = Script::default();
        statements.add(&mut script, sql, values);
        statements.add(&mut script, sql, values);
        assert_eq!(script.len, 3);
        let name = format!(
            "mps_{}",
            short(&["(bigint,text,unknown) AS SELECT $1, $2, $3"])
        );
        let execute = format!("EXECUTE {name}('7','it''s $1',NULL);");
        let prepare = format!("PREPARE {name}(bigint,text,unknown) AS {sql};");
        assert_eq!(script.text, format!("{prepare}{execute}{execute}"));
        statements.ran(script, true);
        let mut again = Script::default();
        statements.add(&mut again, sql, values);
        assert_eq!(again.text, execute);
        // Other types are another statement.
        let nulls = [Value::Null, Value::Null, Value::Null];
        statements.add(&mut again, sql, &literals(&nulls).unwrap());
        assert!(again.text.contains("PREPARE"), "{}", again.text);
        statements.ran(again, false);
        assert!(is_spoiled);
    }

    #[test]
    fn a_session_prepares_a_limited_number_of_statements_and_keeps_them() {
        let mut prepared = Prepared::default();
        let mut statements = Statements {
            prepared: Some(&mut prepared),
            is_spoiled: &mut false,
        };
        let text = |number: usize| format!("SELECT {number}");
        let mut script = Script::default();
        for number in 0..=STATEMENTS {
            statements.add(&mut script, &text(number), &[]);
        }
        assert!(script.text.ends_with(&format!("{};", text(STATEMENTS))));
        assert_eq!(script.text.matches("PREPARE").count(), STATEMENTS);
        statements.ran(script, true);
        let mut script = Script::default();
        statements.add(&mut script, &text(0), &[]);
        statements.add(&mut script, "SELECT 'new'", &[]);
        let name = format!("mps_{}", short(&[" AS SELECT 0"]));
        assert_eq!(script.text, format!("EXECUTE {name};SELECT 'new';"));
    }

    #[test]
    fn values_take_the_place_of_parameters_behind_a_pooler() {
        let statements = Statements {
            prepared: None,
            is_spoiled: &mut false,
        };
        let mut script = Script::default();
        let values = literals(values![-7, "a '$1' b\\", None::<i64>]).unwrap();
        statements.add(&mut script, "SELECT $1 + 1, $2, $3, $10", &values);
        let expected = "SELECT '-7'::bigint + 1, E'a ''$1'' b\\\\'::text, NULL, $10;";
        assert_eq!(script.text, expected);
    }

    #[test]
    fn a_private_value_has_no_literal() {
        let prompt = Value::private("a cat");
        assert!(literals(&[Value::Int(1), prompt]).is_none());
    }
}
