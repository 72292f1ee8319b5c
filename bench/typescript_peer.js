// A TypeScript language service over one project, asked line by line:
//   node typescript_peer.js TYPESCRIPT_LIB PROJECT_DIR
// {"check": {path: text}, "word": text} -> {"errors": [text]} with the files changed, for that
// question alone; with a word, of the changed files and those that have the word in them;
// {"rename": [path, offset]} -> {"places": [[path, start, end]]}, or null where it cannot.
"use strict";
const [lib, root] = process.argv.slice(2);
const ts = require(lib);
const path = require("path");

const config = ts.getParsedCommandLineOfConfigFile(path.join(root, "tsconfig.json"), {}, {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: (one) => { throw new Error(String(one.messageText)); },
});
let changed = new Map();
let round = 0;
const versions = new Map();
const host = {
  getCompilationSettings: () => config.options,
  getScriptFileNames: () => [...new Set([...config.fileNames, ...changed.keys()])],
  getScriptVersion: (name) => versions.get(name) ?? "0",
  getScriptSnapshot: (name) => {
    const text = changed.get(name) ?? ts.sys.readFile(name);
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
  },
  getCurrentDirectory: () => root,
  getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
  fileExists: (name) => changed.has(name) || ts.sys.fileExists(name),
  readFile: (name) => changed.get(name) ?? ts.sys.readFile(name),
  readDirectory: ts.sys.readDirectory,
  directoryExists: ts.sys.directoryExists,
  getDirectories: ts.sys.getDirectories,
};
const service = ts.createLanguageService(host);

function check(files, word) {
  const before = [...changed.keys()];
  changed = new Map(Object.entries(files).map(([name, text]) => [path.join(root, name), text]));
  round += 1;
  for (const name of [...before, ...changed.keys()])
    versions.set(name, changed.has(name) ? `${round}` : "0");
  const program = service.getProgram();
  const sources = program.getSourceFiles().filter((one) => !one.fileName.includes("node_modules")
    && (changed.has(one.fileName) || (word && one.text.includes(word))));
  const found = word === undefined ? ts.getPreEmitDiagnostics(program) : sources.flatMap((one) => [
    ...program.getSyntacticDiagnostics(one), ...program.getSemanticDiagnostics(one)]);
  return found.map((one) => {
    const where = one.file ? path.relative(root, one.file.fileName) : "";
    const line = one.file ? one.file.getLineAndCharacterOfPosition(one.start).line + 1 : 0;
    return `${where}:${line} TS${one.code} ${ts.flattenDiagnosticMessageText(one.messageText, " ")}`;
  });
}

function rename(name, offset) {
  const file = path.join(root, name);
  if (!service.getRenameInfo(file, offset, {}).canRename) return null;
  const found = service.findRenameLocations(file, offset, false, false, {}) ?? [];
  return found.map((one) => [
    path.relative(root, one.fileName), one.textSpan.start, one.textSpan.start + one.textSpan.length,
    one.prefixText ?? "", one.suffixText ?? "",
  ]);
}

require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const asked = JSON.parse(line);
  let answer;
  if (asked.check) {
    answer = { errors: check(asked.check, asked.word) };
  } else {
    if (changed.size) check({});
    answer = { places: rename(...asked.rename) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
