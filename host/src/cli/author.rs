//! `adit plugin new`, `build`, `check`, `test` and `run`: the commands of authors.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::{Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::{Value, json};

use super::output;
use crate::author::check::{Form, Need, Report, check};
use crate::author::golden::{self, Mode, Outcome, Verdict};
use crate::author::{Project, build, new, run};
use crate::enabled::Capability;
use crate::ids::PluginName;
use crate::pipeline::{Hook, Hooks};

#[derive(Debug, Subcommand)]
pub(super) enum AuthorCommand {
    /// Begin a plugin: a folder that builds as it is.
    New {
        /// The name of the plugin, and of its folder.
        name: PluginName,
        /// What it is written in.
        #[arg(long, default_value = "rust")]
        lang: Language,
        /// Its hooks.
        #[arg(long, value_name = "HOOK,...", value_delimiter = ',', default_value = "text", value_parser = hook)]
        hooks: Vec<Hook>,
    },
    /// Build the plugin of a folder into `dist/NAME.wasm`, with the language's own tools.
    Build {
        /// The folder, with `plugin.toml` in it.
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Say what a component is, what it asks for, and what is wrong with it.
    Check {
        /// The component.
        file: PathBuf,
        /// The config that it is started with: a JSON text.
        #[arg(long, value_name = "JSON", default_value = "{}")]
        config: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Run the golden conversations of a plugin, with their answers cut in every way.
    Test {
        /// The folder of the plugin, or its component.
        #[arg(default_value = ".")]
        plugin: PathBuf,
        /// Write what happens into the files.
        #[arg(long)]
        update: bool,
    },
    /// Take a conversation through a plugin, or call one of its tools, and show each call.
    Run {
        /// The component.
        file: PathBuf,
        /// What the plugin is set to: a JSON text.
        #[arg(long, value_name = "JSON", default_value = "{}")]
        config: String,
        /// A request of Chat Completions in a file; `-` reads it from stdin. Without it, a greeting.
        #[arg(long, value_name = "FILE|-", conflicts_with = "tool")]
        conversation: Option<PathBuf>,
        /// What the model answers.
        #[arg(
            long,
            value_name = "TEXT",
            default_value = "Hello! How can I help you?",
            conflicts_with = "tool"
        )]
        answer: String,
        /// Call this tool of the plugin instead.
        #[arg(long, value_name = "NAME")]
        tool: Option<String>,
        /// What the tool is given: a JSON object.
        #[arg(long, value_name = "JSON", default_value = "{}", requires = "tool")]
        arguments: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Language {
    Rust,
    Js,
    Python,
}

fn hook(text: &str) -> Result<Hook, String> {
    let known = || Hook::ALL.map(Hook::name).join(", ");
    Hook::ALL
        .into_iter()
        .find(|hook| hook.name() == text)
        .ok_or_else(|| format!("expected one of {}", known()))
}

pub(super) async fn run(command: AuthorCommand) -> anyhow::Result<()> {
    match command {
        AuthorCommand::New { name, lang, hooks } => {
            let language = match lang {
                Language::Rust => new::Language::Rust,
                Language::Js => new::Language::JavaScript,
                Language::Python => new::Language::Python,
            };
            let hooks: Hooks = hooks.into_iter().collect();
            let folder = new::create(Path::new(""), &name, language, hooks)?;
            output::note(&format!(
                "Plugin `{name}` is in `{}`. Now: cd {name} && adit plugin build",
                folder.display()
            ));
            Ok(())
        }
        AuthorCommand::Build { folder } => {
            let component = build::build(&folder, |line| output::note(&format!("$ {line}")))?;
            output::note(&format!("built {}", component.display()));
            verdict(&check(&component, "{}").await, false)
        }
        AuthorCommand::Check { file, config, json } => verdict(&check(&file, &config).await, json),
        AuthorCommand::Test { plugin, update } => test(&plugin, update).await,
        AuthorCommand::Run { file, config, tool: Some(tool), arguments, .. } => {
            let played = run::call_tool(&Project::find(&file)?, &config, &tool, &arguments).await?;
            Ok(output::result(&played.to_string())?)
        }
        AuthorCommand::Run { file, config, conversation, answer, .. } => {
            let request = conversation.map_or_else(|| Ok(greeting()), |file| read(&file))?;
            let played = run::run(&Project::find(&file)?, &config, &request, &answer).await?;
            Ok(output::result(&played.to_string())?)
        }
    }
}

fn greeting() -> Value {
    json!({ "model": "model", "messages": [{ "role": "user", "content": "Hello" }] })
}

fn read(file: &Path) -> anyhow::Result<Value> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read the conversation from stdin")?;
        text
    } else {
        std::fs::read_to_string(file).map_err(|error| anyhow!("cannot read `{}`: {error}", file.display()))?
    };
    serde_json::from_str(&text).map_err(|error| anyhow!("the conversation is not JSON: {error}"))
}

fn verdict(report: &Report, json: bool) -> anyhow::Result<()> {
    if json {
        output::json(&ReportView::of(report))?;
    } else {
        output::result(&report.to_string())?;
    }
    if report.is_good() { Ok(()) } else { bail!("this is no plugin that can run here") }
}

async fn test(plugin: &Path, update: bool) -> anyhow::Result<()> {
    let project = Project::find(plugin)?;
    let mode = if update { Mode::Update } else { Mode::Compare };
    let mut printed = Ok(());
    let outcomes = golden::run(&project, mode, |outcome| {
        if printed.is_ok() {
            printed = output::result(&line(outcome));
        }
    })
    .await?;
    printed?;
    let failed = outcomes.iter().filter(|outcome| matches!(outcome.verdict, Verdict::Failed(_))).count();
    let splits: usize = outcomes.iter().map(|outcome| outcome.splits).sum();
    let passed = outcomes.len() - failed;
    output::result(&format!("\n{passed} passed, {failed} failed; {splits} splits of answers"))?;
    if failed == 0 { Ok(()) } else { bail!("{failed} conversations of plugin `{}` failed", project.name) }
}

fn line(outcome: &Outcome) -> String {
    let Outcome { name, splits, verdict } = outcome;
    match verdict {
        Verdict::Passed => format!("test {name} ... ok ({splits} splits)"),
        Verdict::Updated => format!("test {name} ... updated ({splits} splits)"),
        Verdict::Failed(problems) => format!("test {name} ... FAILED\n  {}", problems.join("\n  ")),
    }
}

/// A report in JSON.
#[derive(Serialize)]
struct ReportView<'a> {
    good: bool,
    form: Option<&'static str>,
    name: Option<&'a str>,
    version: Option<&'a str>,
    contract: Option<&'a str>,
    worlds: &'a [String],
    hooks: Vec<&'static str>,
    imports: Vec<ImportView<'a>>,
    tools: Vec<&'a str>,
    capabilities: Vec<&'static str>,
    config_faults: &'a [String],
    problems: &'a [String],
    notes: &'a [String],
}

#[derive(Serialize)]
struct ImportView<'a> {
    name: &'a str,
    meaning: &'static str,
    granted: &'static str,
    grant: Option<&'static str>,
}

impl<'a> ReportView<'a> {
    fn of(report: &'a Report) -> Self {
        let import = |import: &'a crate::author::check::Import| {
            let (granted, grant) = match import.need {
                Need::Always => ("always", None),
                Need::Grant(how) => ("by the operator", Some(how)),
                Need::Refused => ("never", None),
            };
            ImportView { name: &import.name, meaning: import.meaning, granted, grant }
        };
        Self {
            good: report.is_good(),
            form: report.form.map(|form| match form {
                Form::Component => "component",
                Form::CoreModule => "core module",
            }),
            name: report.said.as_ref().map(|said| said.name.as_str()),
            version: report.said.as_ref().map(|said| said.version.as_str()),
            contract: report.contract.as_deref(),
            worlds: &report.worlds,
            hooks: report.hooks.iter().map(Hook::name).collect(),
            imports: report.imports.iter().map(import).collect(),
            tools: report
                .said
                .iter()
                .flat_map(|said| said.tools.iter())
                .map(|tool| tool.name.as_str())
                .collect(),
            capabilities: report.capabilities.iter().copied().map(Capability::interface).collect(),
            config_faults: &report.config_faults,
            problems: &report.problems,
            notes: &report.notes,
        }
    }
}
