//! Why a signature does not match, for those who read the log: the canonical request of this side,
//! and the client's, if one of the usual mistakes leads to its signature.

use super::{
    evidence::Evidence,
    mistakes,
    signing_attempt::{DigestForm, SigningAttempt},
};

impl Evidence<'_> {
    /// What the log says of `signature`, which does not match.
    pub(super) fn explain(&self, signature: &str) -> String {
        let mut tried = 0;
        let found = mistakes::all(self)
            .inspect(|_| tried += 1)
            .find(|(_, attempt)| attempt.makes(signature));
        match found {
            Some((what, attempt)) => format!("{what}\n{}", self.beside(&attempt)),
            None => format!(
                "none of {tried} usual mistakes explains the signature; compare with what was signed, \
                 and make sure that the secret key is the emulator's\n{}",
                block(
                    "canonical request of the emulator",
                    &self.right.shown(),
                    None
                )
            ),
        }
    }

    fn beside(&self, attempt: &SigningAttempt) -> String {
        let (ours, theirs) = (self.right.shown(), attempt.shown());
        if ours != theirs {
            return pair("canonical request", &ours, &theirs);
        }
        let canonical = block("canonical request of both", &ours, None);
        // Made without anything that must stay hidden: a digest stands for the rest.
        let (ours, theirs) = (self.right.string_to_sign(), attempt.string_to_sign());
        if ours == theirs || matches!(attempt.digest, DigestForm::NotHashed) {
            return canonical;
        }
        canonical + &pair("string to sign", &ours, &theirs)
    }
}

/// Both texts, with the first line marked in which they differ.
fn pair(what: &str, ours: &str, theirs: &str) -> String {
    let mut lines = ours.split('\n').zip(theirs.split('\n'));
    let shorter = ours.split('\n').count().min(theirs.split('\n').count());
    let first = lines.position(|(ours, theirs)| ours != theirs);
    let first = Some(first.unwrap_or(shorter));
    block(&format!("{what} of the emulator"), ours, first)
        + &block(&format!("{what} of the client"), theirs, first)
}

fn block(title: &str, text: &str, marked: Option<usize>) -> String {
    let mut shown = format!("{title}:\n");
    for (number, line) in text.split('\n').enumerate() {
        let mark = if marked == Some(number) { "> " } else { "  " };
        let line = line.replace('\r', "<CR>");
        shown.extend([mark, &line, "\n"]);
    }
    shown
}
