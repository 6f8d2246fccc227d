//! The bins of a curve, and the linear pieces between their edges.

use std::sync::LazyLock;

/// Number of bins.
pub(super) const BINS: usize = 192;
/// Ratio of the edges of a bin: 7 %, so that 192 bins reach from half a second to two and a half days.
const RATIO: f64 = 1.07;
/// Lower edge of the second bin, in seconds. The first one begins at zero.
const SHORTEST: f64 = 0.5;
/// Survival below which a task counts as done.
pub(super) const NEGLIGIBLE: f64 = 1e-12;

/// A linear piece of the survival function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) bin: usize,
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) from_survival: f64,
    pub(super) to_survival: f64,
}

impl Piece {
    fn survival(&self, age: f64) -> f64 {
        let part = ((age - self.from) / (self.to - self.from)).clamp(0.0, 1.0);
        self.from_survival + (self.to_survival - self.from_survival) * part
    }

    /// Returns the part after an age, or `None` if there is none.
    pub(super) fn after(self, age: f64) -> Option<Self> {
        if age <= self.from {
            return Some(self);
        }
        let from_survival = self.survival(age);
        (age < self.to).then_some(Self {
            from: age,
            from_survival,
            ..self
        })
    }

    /// Returns the part before an age.
    pub(super) fn until(self, age: f64) -> Self {
        if age >= self.to {
            return self;
        }
        Self {
            to: age,
            to_survival: self.survival(age),
            ..self
        }
    }

    /// Returns the age at which the survival has a value of this piece.
    pub(super) fn age_at(&self, survival: f64) -> f64 {
        let drop = self.from_survival - self.to_survival;
        if drop <= 0.0 {
            return self.to;
        }
        self.from + (self.to - self.from) * (self.from_survival - survival) / drop
    }

    /// Returns the integral of the probability to be done, for a task of which `survival` is the
    /// probability to have got this far.
    pub(super) fn delay(&self, survival: f64) -> f64 {
        let pending = f64::midpoint(self.from_survival, self.to_survival) / survival;
        (self.to - self.from) * (1.0 - pending)
    }

    /// Returns the time from the begin of the piece until that integral has a value.
    pub(super) fn time_of_delay(&self, survival: f64, delay: f64) -> f64 {
        let done = 1.0 - self.from_survival / survival;
        let slope = (self.from_survival - self.to_survival) / survival / (self.to - self.from);
        if slope <= NEGLIGIBLE {
            return delay / done.max(NEGLIGIBLE);
        }
        ((done * done + 2.0 * slope * delay).sqrt() - done) / slope
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped before"
)]
pub(super) fn bin(age: f64) -> usize {
    if age < edge(1) {
        return 0;
    }
    let bin = (age / SHORTEST).ln() / RATIO.ln();
    // The logarithm may be off by a rounding at an edge.
    (bin + 1e-9).clamp(0.0, 191.0) as usize
}

/// Returns the lower edge of a bin in seconds.
pub(super) fn edge(bin: usize) -> f64 {
    static EDGES: LazyLock<Vec<f64>> = LazyLock::new(|| {
        let edges = (1..).map(|bin| SHORTEST * RATIO.powi(bin));
        std::iter::once(0.0).chain(edges).take(BINS + 1).collect()
    });
    EDGES.get(bin).copied().unwrap_or(f64::MAX)
}
