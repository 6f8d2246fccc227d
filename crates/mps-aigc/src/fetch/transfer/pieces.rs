//! The pieces of a body: their place in the content, and the checks of the first bytes and the end.

use bytes::Bytes;

use super::{
    super::errors::{TransferError, transient, wrong_content},
    Content, Phase, Transfer, content,
};
use crate::file_name::extension_of_url;

impl Transfer {
    pub(super) fn take(&mut self, mut chunk: Bytes) -> Result<(), TransferError> {
        if self.skip > 0 {
            let skipped = chunk
                .len()
                .min(usize::try_from(self.skip).unwrap_or(usize::MAX));
            let _known = chunk.split_to(skipped);
            self.skip -= skipped as u64;
        }
        if chunk.is_empty() {
            return Ok(());
        }
        let received = self.received.saturating_add(chunk.len() as u64);
        if let Some(total) = self.entity.total.filter(|total| received > *total) {
            self.forget();
            let message = format!("the host sent more than the {total} bytes of the file");
            return Err(transient(message));
        }
        self.check_size(received)?;
        self.received = received;
        let is_report_due = self.meter.add(chunk.len() as u64);
        let missing = content::HEAD.saturating_sub(self.head.len());
        let head = chunk.get(..missing.min(chunk.len())).unwrap_or_default();
        self.head.extend_from_slice(head);
        self.held.push_back(chunk);
        if self.content.is_none() && self.head.len() >= content::HEAD {
            self.look_at_head()?;
        }
        if is_report_due {
            self.report(false);
        }
        Ok(())
    }

    /// Checks that the content is not text in place of media, and not another kind than its URL says.
    fn look_at_head(&mut self) -> Result<(), TransferError> {
        let content = Content::of(&self.head);
        let extension = extension_of_url(&self.url);
        let size = self.entity.total.unwrap_or(self.received);
        if let Some(name) = content.unexpected(extension.as_deref()) {
            self.forget();
            return Err(wrong_content(match content {
                Content::Empty => format!("the host sent {name}"),
                _ => format!("the host sent {name}, {size} bytes"),
            }));
        }
        if let Some((claimed, sent)) = content.contradiction(extension.as_deref(), &self.head) {
            self.forget();
            let message = format!("the host sent {sent} where the URL names {claimed}");
            return Err(wrong_content(message));
        }
        self.content = Some(content);
        Ok(())
    }

    pub(super) fn end(&mut self) -> Result<(), TransferError> {
        self.phase = Phase::Idle;
        match self.entity.total {
            Some(total) if total != self.received => {
                let received = self.received;
                let message = format!("the download has {received} bytes instead of {total}");
                return Err(transient(message));
            }
            _ => {}
        }
        if self.skip > 0 {
            return Err(transient("the download ended before the missing part"));
        }
        if self.content.is_none() {
            self.look_at_head()?;
        }
        self.phase = Phase::Ended;
        Ok(())
    }
}
