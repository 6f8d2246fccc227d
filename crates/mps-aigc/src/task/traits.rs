//! The common traits of handles, written by hand: a derive would demand them of the family's marker
//! type.

use std::{
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
};

use super::{Task, Tasks};
use crate::family::Family;

impl<F> Clone for Tasks<F> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            family: PhantomData,
        }
    }
}

impl<F> Clone for Task<F> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            id: self.id.clone(),
            origin: self.origin.clone(),
            family: PhantomData,
        }
    }
}

impl<F> PartialEq for Task<F> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<F> Eq for Task<F> {}

impl<F> Hash for Task<F> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl<F> fmt::Display for Task<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.id)
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
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
