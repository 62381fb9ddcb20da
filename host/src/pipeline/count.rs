//! How many tokens a prompt has: it passes the plugins, as the model would read it, and costs nothing. For limits on
//! requests it is one.

use super::chain::Chain;
use super::finish::Work;
use super::hook::End;
use super::{Estimate, Hook, Pipeline, Terms, Trace};
use crate::chat::{Request, Usage};
use crate::error::{Failure, Kind};

/// How many tokens a prompt has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCount {
    /// The id or ARN of the model that would be asked, after routing.
    pub model: String,
    /// Tokens that the model would read.
    pub input_tokens: u64,
    /// Whose count it is.
    pub counted: CountedBy,
}

/// Who has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountedBy {
    /// Who has the model.
    Upstream,
    /// Nobody: it is what the length of the text suggests.
    Estimate,
}

impl Pipeline {
    /// Counts the tokens of a request's prompt.
    pub async fn count(&self, request: Request, chain: Chain, terms: Terms) -> Result<TokenCount, Failure> {
        let mut work = Work::new(chain, &request.model, terms.deadline);
        let counted = self.counted(request, &mut work, &terms).await;
        let end = counted.as_ref().map_or_else(|failure| End::Failed(failure.clone()), |_| End::Complete);
        work.finish(end).await;
        counted
    }

    async fn counted(
        &self,
        mut request: Request,
        work: &mut Work,
        terms: &Terms,
    ) -> Result<TokenCount, Failure> {
        let reply = self.before_the_model(&mut request, &mut work.chain, terms, &mut Trace::Off).await?;
        if reply.is_some() {
            return Err(Failure::new(
                Kind::PluginDenied(400),
                "a plugin answers this in the model's place: no model would read it",
            ));
        }
        work.chain.keep(&[Hook::Finish]);
        let nothing = Estimate { max_output_tokens: Some(0), ..Estimate::default() };
        work.reserve(terms, &request.model, nothing).await?;
        work.cost(Usage::default());
        let told = work.chain.observation().clone();
        let (input_tokens, counted) = self.upstream().count_tokens(&request, terms.deadline, &told).await?;
        Ok(TokenCount { model: request.model, input_tokens, counted })
    }
}

#[cfg(test)]
#[path = "count_tests.rs"]
mod tests;
