//! The common traits of handles, written by hand: a derive would demand them of the family's marker
//! type.

use std::{
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
};

use serde::{Serialize, Serializer};

use super::{Task, Tasks};
use crate::{any_task::AnyTask, family::Family, handle::TaskHandle};

impl<F> Clone for Tasks<F> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            family: PhantomData,
        }
    }
}

impl<F> Clone for Task<F> {
    fn clone(&self) -> Self {
        Self {
            any: self.any.clone(),
            family: PhantomData,
        }
    }
}

impl<F> PartialEq for Task<F> {
    fn eq(&self, other: &Self) -> bool {
        self.any == other.any
    }
}

impl<F> Eq for Task<F> {}

impl<F> Hash for Task<F> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.any.hash(state);
    }
}

impl<F> fmt::Display for Task<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.any.fmt(f)
    }
}

impl<F> Serialize for Task<F> {
    /// Writes the task's handle.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.any.serialize(to)
    }
}

impl<F> From<Task<F>> for AnyTask {
    fn from(task: Task<F>) -> Self {
        task.any
    }
}

impl<F> From<Task<F>> for TaskHandle {
    fn from(task: Task<F>) -> Self {
        task.any.handle().clone()
    }
}

impl<F: Family> fmt::Debug for Tasks<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks")
            .field("family", &F::FAMILY)
            .finish_non_exhaustive()
    }
}

impl<F: Family> fmt::Debug for Task<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("family", &F::FAMILY)
            .field("id", &self.any.id())
            .finish_non_exhaustive()
    }
}
