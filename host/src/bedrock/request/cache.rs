//! Marks of the prompt cache: those of the client, and those that Adit sets itself.

use crate::capability::{Caching, Capabilities, Support};
use crate::chat;
use crate::chat::CacheTtl;

use super::Dropped;
use super::body::{Block, Body, CachePoint, ToolEntry, Turn};
use super::messages::{part_documents_from_cache_points, size};

/// About how many bytes a token has; enough to tell a prompt that is too short to be kept.
const BYTES_PER_TOKEN: usize = 4;

/// Leaves as many marks as the model takes, where it takes them, each after something.
pub(super) fn settle(
    body: &mut Body<'_>,
    asked: chat::Caching,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) {
    let by_client = points(body).count();
    match &capabilities.caching {
        None if by_client > 0 => {
            dropped.note("cache_control");
            remove_all(body, |_| true);
        }
        Some(caching) if by_client > 0 || asked == chat::Caching::Automatic => {
            settle_by(body, asked, caching, dropped);
            part_documents_from_cache_points(&mut body.messages);
        }
        _ => {}
    }
}

fn settle_by(body: &mut Body<'_>, asked: chat::Caching, caching: &Caching, dropped: &mut Dropped) {
    let asked_for = points(body).count();
    remove_all(body, |section| section.support(caching) == Support::Refused);
    if points(body).count() < asked_for {
        dropped.note("cache_control");
    }
    remove_idle(body);
    lower(body, dropped);
    let count = points(body).count();

    let most = usize::from(caching.max_points);
    if count > most {
        dropped.note("cache_control");
        remove_first(body, count - most);
    } else if asked == chat::Caching::Automatic {
        add(body, caching, most - count);
    }

    // A mark of ours before one that lasts an hour lasts as long: that far the prompt is kept for an hour
    // anyway.
    let mut is_hour = false;
    for point in points(body).rev() {
        if caching.hour_ttl == Support::Refused {
            if point.ttl == Some(CachePoint::HOUR) {
                dropped.note("cache_control");
            }
            point.ttl = None;
        }
        is_hour |= point.ttl == Some(CachePoint::HOUR);
        if is_hour {
            point.ttl = Some(CachePoint::HOUR);
        }
    }
}

/// A mark that lasts an hour may not follow one that does not (Bedrock User Guide, "Prompt caching"). The
/// client's then lasts as short as the one before it: the other way round it would pay more than it asked.
fn lower(body: &mut Body<'_>, dropped: &mut Dropped) {
    let mut is_short = false;
    for point in points(body) {
        if point.ttl != Some(CachePoint::HOUR) {
            is_short = true;
        } else if is_short {
            dropped.note("cache_control");
            point.ttl = None;
        }
    }
}

#[derive(Clone, Copy)]
enum Section {
    Tools,
    System,
    Messages,
}

impl Section {
    fn support(self, caching: &Caching) -> Support {
        match self {
            Self::Tools => caching.tools,
            Self::System => caching.system,
            Self::Messages => caching.messages,
        }
    }
}

/// All marks, in the order in which a prompt is read.
fn points<'b>(body: &'b mut Body<'_>) -> impl DoubleEndedIterator<Item = &'b mut CachePoint> {
    let tools = body.tool_config.iter_mut().flat_map(|config| &mut config.tools);
    let tools = tools.filter_map(|entry| match entry {
        ToolEntry::CachePoint(point) => Some(point),
        ToolEntry::ToolSpec(_) => None,
    });
    let turns = body.messages.iter_mut().flat_map(|turn| &mut turn.content);
    let blocks = body.system.iter_mut().chain(turns).filter_map(|block| match block {
        Block::CachePoint(point) => Some(point),
        _ => None,
    });
    tools.chain(blocks)
}

/// Removes marks for which `is_unwanted` holds; it is asked in order.
fn remove_all(body: &mut Body<'_>, mut is_unwanted: impl FnMut(Section) -> bool) {
    if let Some(config) = &mut body.tool_config {
        config
            .tools
            .retain(|entry| !matches!(entry, ToolEntry::CachePoint(_)) || !is_unwanted(Section::Tools));
    }
    body.system.retain(|block| !matches!(block, Block::CachePoint(_)) || !is_unwanted(Section::System));
    for turn in &mut body.messages {
        turn.content
            .retain(|block| !matches!(block, Block::CachePoint(_)) || !is_unwanted(Section::Messages));
    }
}

fn remove_first(body: &mut Body<'_>, mut count: usize) {
    remove_all(body, |_| {
        let is_unwanted = count > 0;
        count = count.saturating_sub(1);
        is_unwanted
    });
}

/// Removes marks that stand after nothing, or after another mark.
fn remove_idle(body: &mut Body<'_>) {
    fn without_idle(blocks: &mut Vec<Block<'_>>) {
        let mut is_idle = true;
        blocks.retain(|block| {
            let is_point = matches!(block, Block::CachePoint(_));
            !(std::mem::replace(&mut is_idle, is_point) && is_point)
        });
    }
    without_idle(&mut body.system);
    for turn in &mut body.messages {
        without_idle(&mut turn.content);
    }
}

/// Sets up to `most` marks where a growing conversation will be met again: at the end of the newest
/// words of the user and of those before, after the instructions, and after the tools.
fn add(body: &mut Body<'_>, caching: &Caching, most: usize) {
    let least = usize::try_from(caching.min_tokens).unwrap_or(usize::MAX).saturating_mul(BYTES_PER_TOKEN);
    let entries = body.tool_config.iter().flat_map(|config| &config.tools);
    let tools: usize = entries
        .map(|entry| match entry {
            ToolEntry::ToolSpec(spec) => {
                spec.name.len() + spec.description.map_or(0, str::len) + spec.input_schema.json.get().len()
            }
            ToolEntry::CachePoint(_) => 0,
        })
        .sum();
    let system = tools + body.system.iter().map(size).sum::<usize>();
    let mut ends = Vec::new();
    let mut read = system;
    for (place, turn) in body.messages.iter().enumerate() {
        read += turn.content.iter().map(size).sum::<usize>();
        if turn.role == "user" && read >= least {
            ends.push(place);
        }
    }

    let mut left = most;
    if caching.messages == Support::Accepted {
        for place in ends.into_iter().rev().take(2) {
            if let Some(Turn { content, .. }) = body.messages.get_mut(place) {
                mark(content, &mut left, Block::CachePoint, |block| matches!(block, Block::CachePoint(_)));
            }
        }
    }
    if caching.system == Support::Accepted && system >= least {
        mark(&mut body.system, &mut left, Block::CachePoint, |block| matches!(block, Block::CachePoint(_)));
    }
    if let Some(config) =
        body.tool_config.as_mut().filter(|_| caching.tools == Support::Accepted && tools >= least)
    {
        mark(&mut config.tools, &mut left, ToolEntry::CachePoint, |entry| {
            matches!(entry, ToolEntry::CachePoint(_))
        });
    }
}

fn mark<T>(list: &mut Vec<T>, left: &mut usize, point: fn(CachePoint) -> T, is_point: fn(&T) -> bool) {
    if *left > 0 && list.last().is_some_and(|last| !is_point(last)) {
        list.push(point(CachePoint::of(CacheTtl::Default)));
        *left -= 1;
    }
}
