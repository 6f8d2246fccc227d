//! Values between the ledger and the protocol.

use bytes::BytesMut;
use tokio_postgres::{
    SimpleQueryRow,
    types::{IsNull, ToSql, Type, to_sql_checked},
};

use crate::ledger::{
    error::LedgerError,
    tx::{Row, Value, unexpected},
};

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) => value.to_sql(ty, out),
            // A text of PostgreSQL cannot contain NUL, which an answer of the service could.
            Self::Text(text) | Self::Private(text) if text.contains('\0') => {
                text.replace('\0', "").to_sql(ty, out)
            }
            Self::Text(text) | Self::Private(text) => text.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Returns the type that a parameter is declared with. The server infers the type of a NULL.
pub(super) fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::UNKNOWN,
        Value::Int(_) => Type::INT8,
        Value::Text(_) | Value::Private(_) => Type::TEXT,
    }
}

/// Returns a row of a result in the simple protocol.
pub(super) fn untyped(row: &SimpleQueryRow) -> Row {
    let value = |column| row.try_get(column).ok().flatten().into();
    Row::untyped((0..row.len()).map(value).collect())
}

/// Returns a row of a result.
pub(super) fn row(row: &tokio_postgres::Row) -> Result<Row, LedgerError> {
    let columns = row.columns().iter().enumerate();
    let values = columns.map(|(index, column)| value(row, index, column.type_()));
    Ok(Row::new(values.collect::<Result<_, _>>()?))
}

fn value(row: &tokio_postgres::Row, index: usize, ty: &Type) -> Result<Value, LedgerError> {
    let value = match *ty {
        Type::INT8 => row.try_get::<_, Option<i64>>(index).map(Value::from),
        Type::INT4 => row
            .try_get::<_, Option<i32>>(index)
            .map(|value| value.map(i64::from).into()),
        Type::BOOL => row
            .try_get::<_, Option<bool>>(index)
            .map(|value| value.map(i64::from).into()),
        Type::TEXT => row.try_get::<_, Option<String>>(index).map(Value::from),
        _ => return Err(unexpected()),
    };
    value.map_err(|error| unexpected().with_source(error))
}
