use std::fmt;

use crate::enabled::Capability;
use crate::pipeline::{Hook, Hooks};
use crate::plugin::SelfDescription;

/// What was found out about a file.
#[derive(Debug, Default)]
pub struct Report {
    /// Its size.
    pub size_bytes: usize,
    /// What it is; none if it is not WebAssembly.
    pub form: Option<Form>,
    /// The version of the contract that it was built with.
    pub contract: Option<String>,
    /// The named worlds of the contract that have just these hooks.
    pub worlds: Vec<String>,
    /// Its hooks.
    pub hooks: Hooks,
    /// What it asks for.
    pub imports: Vec<Import>,
    /// What of it the contract defines.
    pub capabilities: Vec<Capability>,
    /// What it says of itself, if it could be asked.
    pub said: Option<SelfDescription>,
    /// Why it did not start with the config that was given.
    pub config_faults: Vec<String>,
    /// Why it is no plugin, or none that could run.
    pub problems: Vec<String>,
    /// What is worth knowing, and not wrong.
    pub notes: Vec<String>,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A component.
    Component,
    /// A core module for WASI 0.1, which becomes a component.
    CoreModule,
}

/// Something that a component asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The interface, with its version.
    pub name: String,
    /// Who has to give it.
    pub need: Need,
    /// What it is, in words.
    pub meaning: &'static str,
}

/// Who gives an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Every plugin has it.
    Always,
    /// An operator grants it with `--grant` and this.
    Grant(&'static str),
    /// Nobody.
    Refused,
}

impl Report {
    /// Whether an operator could switch it on.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match self.form {
            None => "no WebAssembly",
            Some(Form::Component) => "a component",
            Some(Form::CoreModule) => "a core module for WASI 0.1, which Adit makes a component of",
        };
        writeln!(f, "file      {form}, {} KiB", self.size_bytes.div_ceil(1024))?;
        if let Some(said) = &self.said {
            writeln!(f, "plugin    {} {}", said.name, said.version)?;
        }
        if let Some(contract) = &self.contract {
            writeln!(f, "contract  adit:plugin@{contract}")?;
        }
        if !self.hooks.is_empty() {
            let hooks: Vec<_> = self.hooks.iter().map(Hook::interface).collect();
            let world = if self.worlds.is_empty() {
                String::new()
            } else {
                format!(" (world `{}`)", self.worlds.join("`, `"))
            };
            writeln!(f, "hooks     {}{world}", hooks.join(", "))?;
        }
        if let Some(said) = self.said.as_ref().filter(|said| !said.tools.is_empty()) {
            let names: Vec<_> = said.tools.iter().map(|tool| tool.name.as_str()).collect();
            writeln!(f, "tools     {}", names.join(", "))?;
        }
        self.write_imports(f)?;
        for fault in &self.config_faults {
            writeln!(f, "note      it does not start with this config: {fault}")?;
        }
        if !self.config_faults.is_empty() {
            writeln!(f, "note      its name and version are not compared: give a config with `--config`")?;
        }
        for note in &self.notes {
            writeln!(f, "note      {note}")?;
        }
        for problem in &self.problems {
            // Words of the component's are among them: they do not move the cursor.
            writeln!(f, "problem   {}", problem.replace(char::is_control, " "))?;
        }
        f.write_str(if self.is_good() {
            "result    good"
        } else {
            "result    not a plugin that can run here"
        })
    }
}

impl Report {
    /// What needs an operator stands by itself; what everybody has is one line.
    fn write_imports(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.form.is_some() && self.imports.is_empty() && self.is_good() {
            writeln!(f, "imports   nothing")?;
        }
        let (wasi, own): (Vec<_>, Vec<_>) = self
            .imports
            .iter()
            .partition(|import| import.need == Need::Always && import.name.starts_with("wasi:"));
        for import in own {
            let need = match import.need {
                Need::Always => "every plugin has it".to_owned(),
                Need::Grant(how) => format!("the operator grants it with `--grant {how}`"),
                Need::Refused => "no plugin gets it".to_owned(),
            };
            writeln!(f, "imports   {}: {}; {need}", import.name, import.meaning)?;
        }
        let mut packages: Vec<(&str, &str)> = Vec::new();
        for import in wasi {
            let package = import.name.split('/').next().unwrap_or_default();
            if !packages.iter().any(|(known, _)| *known == package) {
                packages.push((package, import.meaning));
            }
        }
        for (package, meaning) in packages {
            writeln!(f, "imports   {package}: {meaning}; every plugin has it")?;
        }
        Ok(())
    }
}
