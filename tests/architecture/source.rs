//! One source file as the check sees it: its modules, its imports, and every other path that it names.
//!
//! The tokens are those of the compiler, so comments and texts are never taken for code. Code that exists only for
//! tests is left out.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path from the root of a crate: the crate's name, modules, and perhaps an item.
pub(crate) type Path = Vec<String>;

/// A name that a `use` brings into a module.
pub(crate) struct Import {
    /// The module that it is brought into.
    pub(crate) scope: Path,
    /// The name in that module; `*` for a glob.
    pub(crate) name: String,
    /// The path as written.
    pub(crate) path: Path,
    /// True if other modules can take the name from here.
    pub(crate) public: bool,
}

/// The contents of one file.
#[derive(Default)]
pub(crate) struct Source {
    /// The modules written in this file, the file's own first.
    pub(crate) modules: Vec<Path>,
    /// The modules that this file declares for tests only.
    pub(crate) test_modules: Vec<Path>,
    /// True if the whole file is for tests.
    pub(crate) test_only: bool,
    pub(crate) imports: Vec<Import>,
    /// Paths of two segments and more outside of imports, with the module they are written in.
    pub(crate) paths: Vec<(Path, Path)>,
    /// The items that each module defines.
    pub(crate) items: HashMap<Path, HashSet<String>>,
    /// Every identifier outside of imports.
    pub(crate) names: HashSet<String>,
}

impl Source {
    /// Reads the text of the file that is this module.
    pub(crate) fn read(text: &str, module: Path) -> Self {
        let tokens: TokenStream = text.parse().expect("the file is Rust");
        let mut source = Self { modules: vec![module.clone()], ..Self::default() };
        source.level(tokens, &module, true);
        source
    }

    fn level(&mut self, tokens: TokenStream, scope: &Path, items: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        let mut public = false;
        while at < tokens.len() {
            let rest = &tokens[at..];
            if let Some((length, inner, test)) = attribute(rest) {
                self.test_only |= inner && test;
                at += if test && !inner { length + self.skip_item(&rest[length..], scope) } else { length };
                continue;
            }
            at += match word(rest.first()).as_deref() {
                Some("pub") => {
                    public = true;
                    1 + usize::from(group(rest.get(1), Delimiter::Parenthesis).is_some())
                }
                Some("use") if !is(rest.get(1), '<') => {
                    let end = until_semicolon(rest);
                    self.import_tree(&rest[1..end], scope, &Path::new(), public);
                    public = false;
                    end
                }
                Some("mod") if group(rest.get(2), Delimiter::Brace).is_some() => {
                    let module = child(scope, &word(rest.get(1)).unwrap_or_default());
                    self.modules.push(module.clone());
                    self.level(group(rest.get(2), Delimiter::Brace).unwrap_or_default(), &module, true);
                    3
                }
                Some(keyword) => {
                    public = false;
                    if items && let Some(name) = item(keyword, rest) {
                        self.items.entry(scope.clone()).or_default().insert(name);
                    }
                    self.path(rest, &tokens[..at], scope)
                }
                None => {
                    if let Some(TokenTree::Group(group)) = rest.first() {
                        self.level(group.stream(), scope, false);
                    }
                    1
                }
            };
        }
    }

    /// The length of the item that begins here. A module that is skipped is remembered.
    fn skip_item(&mut self, tokens: &[TokenTree], scope: &Path) -> usize {
        let mut at = 0;
        while let Some((length, ..)) = attribute(&tokens[at..]) {
            at += length;
        }
        let first = tokens[at..].iter().position(|token| word(Some(token)).is_some_and(|word| word != "pub"));
        let keyword = first.and_then(|first| word(tokens.get(at + first)));
        if keyword.as_deref() == Some("mod") {
            let name = first.and_then(|first| word(tokens.get(at + first + 1))).unwrap_or_default();
            self.test_modules.push(child(scope, &name));
        }
        let ends = |token: &TokenTree| {
            is(Some(token), ';')
                || (keyword.as_deref() != Some("use") && group(Some(token), Delimiter::Brace).is_some())
        };
        at + tokens[at..].iter().position(ends).map_or(tokens.len() - at, |end| end + 1)
    }

    /// Records the path that begins here, and returns its length.
    fn path(&mut self, tokens: &[TokenTree], before: &[TokenTree], scope: &Path) -> usize {
        let mut segments: Path = word(tokens.first()).into_iter().collect();
        let mut length = 1;
        while is(tokens.get(length), ':')
            && is(tokens.get(length + 1), ':')
            && let Some(segment) = word(tokens.get(length + 2))
        {
            segments.push(segment);
            length += 3;
        }
        self.names.extend(segments.first().cloned());
        // One dot is a field or a method, two are a range.
        let dots = before.iter().rev().take_while(|token| is(Some(token), '.')).count();
        if segments.len() > 1 && dots != 1 {
            self.paths.push((scope.clone(), segments));
        }
        length
    }

    /// Records the names that a `use` brings in: the tokens between `use` and its semicolon, or a part of them.
    fn import_tree(&mut self, tokens: &[TokenTree], scope: &Path, prefix: &Path, public: bool) {
        for branch in tokens.split(|token| is(Some(token), ',')) {
            let mut path = prefix.clone();
            let mut alias = None;
            let mut words = branch.iter();
            while let Some(token) = words.next() {
                match token {
                    TokenTree::Ident(ident) if ident == "as" => alias = word(words.next()),
                    TokenTree::Ident(ident) => path.push(ident.to_string()),
                    TokenTree::Punct(punct) if punct.as_char() == '*' => alias = Some("*".to_owned()),
                    TokenTree::Group(group) => {
                        let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                        self.import_tree(&inner, scope, &path, public);
                        path.clear();
                    }
                    _ => {}
                }
            }
            if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
                path.pop();
            }
            if let Some(last) = path.last().cloned() {
                let name = alias.unwrap_or(last);
                self.imports.push(Import { scope: scope.clone(), name, path, public });
            }
        }
    }
}

/// The length of the attribute that begins here, whether it is an inner one, and whether it is `cfg(test)`.
fn attribute(tokens: &[TokenTree]) -> Option<(usize, bool, bool)> {
    if !is(tokens.first(), '#') {
        return None;
    }
    let inner = is(tokens.get(1), '!');
    let body = group(tokens.get(1 + usize::from(inner)), Delimiter::Bracket)?;
    let text: String = body.to_string().split_whitespace().collect();
    Some((2 + usize::from(inner), inner, text == "cfg(test)"))
}

/// The name of the item that begins here.
fn item(keyword: &str, tokens: &[TokenTree]) -> Option<String> {
    const KEYWORDS: [&str; 8] = ["fn", "struct", "enum", "union", "trait", "const", "static", "type"];
    match keyword {
        "macro_rules" => word(tokens.get(2)),
        _ if KEYWORDS.contains(&keyword) => word(tokens.get(1)).filter(|name| !["fn", "unsafe"].contains(&&**name)),
        _ => None,
    }
}

fn until_semicolon(tokens: &[TokenTree]) -> usize {
    tokens.iter().position(|token| is(Some(token), ';')).unwrap_or(tokens.len())
}

fn word(token: Option<&TokenTree>) -> Option<String> {
    match token {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string().trim_start_matches("r#").to_owned()),
        _ => None,
    }
}

fn is(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn group(token: Option<&TokenTree>, delimiter: Delimiter) -> Option<TokenStream> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group.stream()),
        _ => None,
    }
}

/// A path with one segment more.
pub(crate) fn child(path: &Path, segment: &str) -> Path {
    path.iter().cloned().chain([segment.to_owned()]).collect()
}
