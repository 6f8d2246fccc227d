//! Recording the outcome of a create. A ledger that fails now changes nothing about it.

use super::{Answer, Claimed, LedgerError, Record, Recorded};
use crate::{
    failure::Failure,
    foreign_text,
    outcome::{Outcome, Reason},
    results::Receipt,
};

impl Record {
    /// Records the task that the service answered with. Returns the error to end with if that failed.
    pub(crate) async fn created(&self, receipt: &Receipt) -> Option<Failure> {
        let claim = self.claim.as_ref()?;
        claim.gate.settled().await;
        let answer = Answer {
            request_id: receipt.request_id.clone(),
            ..Answer::default()
        };
        let (ledger, task) = (&claim.ledger, &receipt.task_id);
        match ledger.created(&claim.token, task, answer).await {
            Ok(Recorded::Stray) => {
                let id = receipt.shown_id();
                self.output.warning(&format!(
                    "task {id} is recorded as a stray of {}: the ledger no longer waited for it",
                    claim.key
                ));
                None
            }
            Ok(_) => None,
            Err(error) => Some(self.unrecorded(claim, receipt, &error)),
        }
    }

    fn unrecorded(&self, claim: &Claimed, receipt: &Receipt, error: &LedgerError) -> Failure {
        let message = format!(
            "the ledger does not have task {} of the key {}: {}",
            receipt.shown_id(),
            claim.key,
            foreign_text::message(&error.to_string())
        );
        self.output.warning(&message);
        let failure = Failure::new(
            Outcome::Continues(Reason::Receipt),
            error.kind().as_str(),
            message,
        );
        failure.receipt(receipt)
    }

    /// Records a create that ended without a task.
    pub(crate) async fn not_created(&self, failure: &Failure) {
        let Some(claim) = &self.claim else {
            return;
        };
        claim.gate.settled().await;
        let answer = Answer {
            request_id: failure.request_id.as_deref().map(foreign_text::cut_name),
            code: Some(failure.code.as_deref().unwrap_or(failure.kind).to_owned()),
            message: Some(foreign_text::cut_message(&failure.message)),
        };
        let recorded = match failure.outcome {
            Outcome::InDoubt => claim.ledger.in_doubt(&claim.token, answer).await,
            Outcome::NotCreated(Reason::Usage | Reason::Content) => {
                claim.ledger.refused(&claim.token, answer).await
            }
            _ => claim.ledger.not_sent(&claim.token, answer).await,
        };
        if let Err(error) = recorded {
            let message = format!(
                "the ledger does not have the outcome of the key {}, which it will list as in doubt: {}",
                claim.key,
                foreign_text::message(&error.to_string())
            );
            self.output.warning(&message);
        }
    }
}
