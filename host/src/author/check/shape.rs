//! Where an interface differs from the contract's, in words.

use wit_parser::{Function, Handle, Interface, Resolve, Type, TypeDef, TypeDefKind};

/// An interface, and where its types are.
#[derive(Clone, Copy)]
pub(in crate::author) struct Shape<'r> {
    pub(in crate::author) resolve: &'r Resolve,
    pub(in crate::author) interface: &'r Interface,
}

/// What is missing or different in `theirs`, a line for each function.
pub(in crate::author) fn differences(ours: Shape<'_>, theirs: Shape<'_>) -> Vec<String> {
    let pair = Pair { ours: ours.resolve, theirs: theirs.resolve };
    let mut found = Vec::new();
    for (name, function) in &ours.interface.functions {
        let shown = shown(name);
        match theirs.interface.functions.get(name) {
            None => found.push(format!("the function {shown} is missing")),
            Some(other) => {
                found.extend(pair.function(function, other).map(|how| format!("the function {shown} {how}")));
            }
        }
    }
    let unknown =
        theirs.interface.functions.keys().filter(|name| !ours.interface.functions.contains_key(*name));
    found.extend(unknown.map(|name| format!("the function {} is not in the contract", shown(name))));
    found
}

/// What is missing or different in the types of `theirs`, a line for each type.
#[cfg(test)]
pub(in crate::author) fn type_differences(ours: Shape<'_>, theirs: Shape<'_>) -> Vec<String> {
    let pair = Pair { ours: ours.resolve, theirs: theirs.resolve };
    let differs = |(name, id): (&String, &wit_parser::TypeId)| match theirs.interface.types.get(name) {
        None => Some(format!("the type `{name}` is missing")),
        Some(other) => pair.types(&Type::Id(*id), &Type::Id(*other)),
    };
    ours.interface.types.iter().filter_map(differs).collect()
}

/// `[constructor]session` is for machines.
fn shown(name: &str) -> String {
    match name.strip_prefix("[constructor]") {
        Some(resource) => format!("`constructor` of `{resource}`"),
        None => format!("`{}`", name.rsplit(']').next().unwrap_or(name)),
    }
}

#[derive(Clone, Copy)]
struct Pair<'r> {
    ours: &'r Resolve,
    theirs: &'r Resolve,
}

impl Pair<'_> {
    fn function(self, ours: &Function, theirs: &Function) -> Option<String> {
        if ours.params.len() != theirs.params.len() {
            let (takes, wanted) = (theirs.params.len(), ours.params.len());
            return Some(format!("takes {takes} parameters, and the contract's takes {wanted}"));
        }
        for (mine, other) in ours.params.iter().zip(&theirs.params) {
            if mine.name != other.name {
                return Some(format!(
                    "has a parameter `{}` where the contract has `{}`",
                    other.name, mine.name
                ));
            }
            if let Some(how) = self.types(&mine.ty, &other.ty) {
                return Some(format!("differs in its parameter `{}`: {how}", mine.name));
            }
        }
        match (&ours.result, &theirs.result) {
            (None, None) => None,
            (Some(mine), Some(other)) => {
                self.types(mine, other).map(|how| format!("differs in what it answers: {how}"))
            }
            (Some(mine), None) => {
                Some(format!("answers nothing, and the contract's answers {}", name(self.ours, mine)))
            }
            (None, Some(other)) => {
                Some(format!("answers {}, and the contract's answers nothing", name(self.theirs, other)))
            }
        }
    }

    fn types(self, ours: &Type, theirs: &Type) -> Option<String> {
        let (Some(mine), Some(other)) = (definition(self.ours, ours), definition(self.theirs, theirs)) else {
            let same = plain(self.ours, ours) == plain(self.theirs, theirs);
            return (!same).then(|| self.instead(ours, theirs));
        };
        let of = |kind: &str| format!("{kind} `{}`", mine.name.as_deref().unwrap_or("without a name"));
        match (&mine.kind, &other.kind) {
            (TypeDefKind::Record(mine), TypeDefKind::Record(other)) => {
                let fields = |record: &wit_parser::Record| -> Vec<_> {
                    record.fields.iter().map(|field| (field.name.clone(), Some(field.ty))).collect()
                };
                self.members(&of("record"), "member", &fields(mine), &fields(other))
            }
            (TypeDefKind::Variant(mine), TypeDefKind::Variant(other)) => {
                let cases = |variant: &wit_parser::Variant| -> Vec<_> {
                    variant.cases.iter().map(|case| (case.name.clone(), case.ty)).collect()
                };
                self.members(&of("variant"), "case", &cases(mine), &cases(other))
            }
            (TypeDefKind::Enum(mine), TypeDefKind::Enum(other)) => {
                let cases = |it: &wit_parser::Enum| -> Vec<_> {
                    it.cases.iter().map(|case| (case.name.clone(), None)).collect()
                };
                self.members(&of("enum"), "case", &cases(mine), &cases(other))
            }
            (TypeDefKind::Flags(mine), TypeDefKind::Flags(other)) => {
                let flags = |it: &wit_parser::Flags| -> Vec<_> {
                    it.flags.iter().map(|flag| (flag.name.clone(), None)).collect()
                };
                self.members(&of("flags"), "flag", &flags(mine), &flags(other))
            }
            (TypeDefKind::Option(mine), TypeDefKind::Option(other))
            | (TypeDefKind::List(mine), TypeDefKind::List(other)) => self.types(mine, other),
            (TypeDefKind::Result(mine), TypeDefKind::Result(other)) => {
                self.optional(mine.ok.as_ref(), other.ok.as_ref()).or_else(|| {
                    self.optional(mine.err.as_ref(), other.err.as_ref())
                        .map(|how| format!("its error: {how}"))
                })
            }
            (TypeDefKind::Tuple(mine), TypeDefKind::Tuple(other))
                if mine.types.len() == other.types.len() =>
            {
                mine.types.iter().zip(&other.types).find_map(|(mine, other)| self.types(mine, other))
            }
            (TypeDefKind::Handle(mine), TypeDefKind::Handle(other)) => match (mine, other) {
                (Handle::Own(mine), Handle::Own(other)) | (Handle::Borrow(mine), Handle::Borrow(other)) => {
                    self.types(&Type::Id(*mine), &Type::Id(*other))
                }
                _ => Some(self.instead(ours, theirs)),
            },
            (TypeDefKind::Resource, TypeDefKind::Resource) if mine.name == other.name => None,
            _ => Some(self.instead(ours, theirs)),
        }
    }

    fn optional(self, ours: Option<&Type>, theirs: Option<&Type>) -> Option<String> {
        match (ours, theirs) {
            (None, None) => None,
            (Some(mine), Some(other)) => self.types(mine, other),
            (Some(mine), None) => Some(format!("it is nothing, not {}", name(self.ours, mine))),
            (None, Some(other)) => Some(format!("it is {}, not nothing", name(self.theirs, other))),
        }
    }

    /// Members of a record, cases of a variant: the same ones, in the same order, of the same types.
    fn members(
        self,
        of: &str,
        what: &str,
        ours: &[(String, Option<Type>)],
        theirs: &[(String, Option<Type>)],
    ) -> Option<String> {
        let lacks =
            |these: &[(String, Option<Type>)], name: &str| !these.iter().any(|(other, _)| other == name);
        if let Some((name, _)) = ours.iter().find(|(name, _)| lacks(theirs, name)) {
            return Some(format!("the {of} lacks the {what} `{name}`"));
        }
        if let Some((name, _)) = theirs.iter().find(|(name, _)| lacks(ours, name)) {
            return Some(format!("the {of} has the {what} `{name}`, which the contract's has not"));
        }
        for ((name, mine), (other_name, other)) in ours.iter().zip(theirs) {
            if name != other_name {
                return Some(format!(
                    "the {of} has the {what} `{other_name}` where the contract has `{name}`"
                ));
            }
            if let Some(how) = self.optional(mine.as_ref(), other.as_ref()) {
                return Some(format!("the {what} `{name}` of the {of}: {how}"));
            }
        }
        None
    }

    fn instead(self, ours: &Type, theirs: &Type) -> String {
        format!("it is {}, not {}", name(self.theirs, theirs), name(self.ours, ours))
    }
}

/// What stands behind a type and its other names, if it is no plain type.
fn definition<'r>(resolve: &'r Resolve, of: &Type) -> Option<&'r TypeDef> {
    let Type::Id(id) = of else { return None };
    let definition = resolve.types.get(*id)?;
    match &definition.kind {
        TypeDefKind::Type(behind) => self::definition(resolve, behind),
        _ => Some(definition),
    }
}

/// The plain type behind a type and its other names.
fn plain(resolve: &Resolve, of: &Type) -> Option<Type> {
    let Type::Id(id) = of else { return Some(*of) };
    match &resolve.types.get(*id)?.kind {
        TypeDefKind::Type(behind) => plain(resolve, behind),
        _ => None,
    }
}

/// A type as people write it.
fn name(resolve: &Resolve, of: &Type) -> String {
    let Some(definition) = definition(resolve, of) else {
        let plain = plain(resolve, of).unwrap_or(*of);
        return format!("`{}`", format!("{plain:?}").to_lowercase());
    };
    let inner = |of: &Type| name(resolve, of).replace('`', "");
    match (&definition.name, &definition.kind) {
        (Some(name), kind) => format!("the {} `{name}`", kind.as_str()),
        (None, TypeDefKind::Option(of)) => format!("`option<{}>`", inner(of)),
        (None, TypeDefKind::List(of)) => format!("`list<{}>`", inner(of)),
        (None, kind) => format!("a {}", kind.as_str()),
    }
}
