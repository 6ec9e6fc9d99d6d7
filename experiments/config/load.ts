/** Reads YAML as untrusted input: bounded in size, depth and aliases, without duplicate keys, with positions for messages. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Document, YAMLError } from 'yaml';
import { isMap, isNode, isPair, isSeq, Lexer, LineCounter, parseDocument, visit } from 'yaml';
import { ConfigError, show } from './config-error.ts';
import type { HumanObject, HumanValue } from './human-value.ts';
import { isHumanObject } from './human-value.ts';
import { nearest } from './nearest.ts';

/** A config is written by hand: anything larger is not one. */
const MAX_BYTES = 262_144;
/** Deepest nesting of lists and sections. */
const MAX_DEPTH = 32;
/** Most nodes that aliases may expand to, beyond what is written. */
const MAX_ALIASES = 64;
/** Keys that reach into the prototypes of JavaScript objects. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** A YAML document as plain data, and where its parts stand. */
export interface LoadedYaml {
  readonly value: HumanObject;
  /** `file:line:column` of the value at a path, or of the nearest part above it that exists. */
  readonly locate: (path: readonly PropertyKey[]) => string;
}

/** Whether a key would reach into an object's prototype; such keys are refused wherever they appear. */
export function isForbiddenKey(key: string): boolean {
  return FORBIDDEN_KEYS.has(key);
}

/**
 * Reads and parses a YAML file whose top level has keys.
 * @throws ConfigError for a missing, unreadable, too large or malformed file.
 */
export function loadYamlFile(path: string): LoadedYaml {
  return loadYamlText(readText(path), path);
}

/** The same for text that is already read; `name` stands in messages. */
export function loadYamlText(text: string, name: string): LoadedYaml {
  const source = parseYaml(text, name);
  if (source.value === null) throw new ConfigError({ at: name, expected: 'the file is empty; expected at least a name' });
  if (!isHumanObject(source.value)) {
    throw new ConfigError({ at: name, value: source.value, expected: 'expected keys and values at the top level' });
  }
  return { value: source.value, locate: source.locate };
}

/** Parses one value as YAML, as for `--set key=value`. `name` stands in messages. */
export function parseYamlValue(text: string, name: string): HumanValue {
  return parseYaml(text, name).value;
}

function readText(path: string): string {
  let bytes: Buffer;
  try {
    const { size } = statSync(path);
    if (size > MAX_BYTES) throw new ConfigError({ at: path, expected: `${size} bytes; a config has at most ${MAX_BYTES}` });
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigError({ at: path, expected: 'not UTF-8 text' });
  }
}

function unreadable(path: string, error: NodeJS.ErrnoException): ConfigError {
  if (error.code === 'EISDIR') return new ConfigError({ at: path, expected: 'is a folder; expected a YAML file' });
  if (error.code !== 'ENOENT') return new ConfigError({ at: path, expected: `cannot be read (${error.code ?? error.message})` });
  return new ConfigError({ at: path, expected: 'no such file', nearest: nearestFile(path) });
}

function nearestFile(path: string): string | undefined {
  const folders = [dirname(path), 'configs'];
  for (const folder of folders) {
    let files: string[];
    try {
      files = readdirSync(folder).filter((file) => /\.ya?ml$/.test(file));
    } catch {
      continue;
    }
    const wanted = basename(path).replace(/\.ya?ml$/, '');
    const plain = files.map((file) => file.replace(/\.ya?ml$/, ''));
    const found = nearest(wanted, plain);
    if (found !== undefined) return join(folder, files[plain.indexOf(found)]);
  }
  return undefined;
}

function parseYaml(text: string, name: string): { value: HumanValue; locate: LoadedYaml['locate'] } {
  refuseDeepText(text, name);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const problem = [...document.errors, ...document.warnings].at(0);
  if (problem !== undefined) throw new ConfigError({ at: at(problem.pos[0]), expected: explain(problem, text) });
  checkNodes(document, at);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    // The library throws a ReferenceError when aliases multiply, or when one names no anchor.
    throw new ConfigError({ at: name, expected: `aliases cannot be followed: ${(error as Error).message}` });
  }
  return { value: value as HumanValue, locate: (path) => locate(document, path, name, at) };
}

/** The library's message, except where it speaks of its own interface. */
function explain(problem: YAMLError, text: string): string {
  if (problem.code === 'DUPLICATE_KEY') return `the key ${/^[^\s:]*/.exec(text.slice(problem.pos[0]))?.[0] ?? ''} appears twice`;
  if (problem.code === 'MULTIPLE_DOCS') return 'more than one YAML document (---); expected one';
  return problem.message;
}

/**
 * Refuses text nested so deep that a recursive parser would exhaust its stack. Counts open brackets, and block indicators
 * within one line, on the flat token stream.
 */
function refuseDeepText(text: string, name: string): void {
  let flow = 0;
  let block = 0;
  let line = 1;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') flow++;
    else if (token === ']' || token === '}') flow = Math.max(0, flow - 1);
    else if (token === '-' || token === '?' || token === ':') block++;
    else if (token.includes('\n')) {
      block = 0;
      line += token.split('\n').length - 1;
    }
    if (flow > MAX_DEPTH || block > MAX_DEPTH + flow) {
      throw new ConfigError({ at: `${name}:${line}`, expected: `nested too deep; at most ${MAX_DEPTH} levels` });
    }
  }
}

/** Keys must be plain text that reaches no prototype; an alias must not lie inside what it names; depth is bounded. */
function checkNodes(document: Document.Parsed, at: (offset: number) => string): void {
  visit(document, {
    Node(_, node, path) {
      if (path.length > 2 * MAX_DEPTH) throw new ConfigError({ at: at(node.range?.[0] ?? 0), expected: `nested too deep; at most ${MAX_DEPTH} levels` });
    },
    Alias(_, alias, path) {
      const inside = path.some((parent) => (isMap(parent) || isSeq(parent)) && parent.anchor === alias.source);
      if (inside) throw new ConfigError({ at: at(alias.range?.[0] ?? 0), expected: `*${alias.source} lies inside what it names` });
    },
    Pair(_, pair) {
      const key: unknown = isNode(pair.key) ? pair.key.toJSON() : pair.key;
      const offset = isNode(pair.key) ? (pair.key.range?.[0] ?? 0) : 0;
      if (typeof key !== 'string') throw new ConfigError({ at: at(offset), value: key, expected: 'a key must be text' });
      if (FORBIDDEN_KEYS.has(key)) throw new ConfigError({ at: at(offset), expected: `${key} is not allowed as a key` });
      if (key === '<<') throw new ConfigError({ at: at(offset), expected: 'merge keys (<<) are not supported; write the keys out' });
    },
  });
}

function locate(document: Document.Parsed, path: readonly PropertyKey[], name: string, at: (offset: number) => string): string {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    // For a value under a key the key's line is shown: that is the line a person looks for.
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isNode(item.key) && item.key.toJSON() === key);
      if (pair !== undefined && isNode(pair.key) && pair.key.range) return at(pair.key.range[0]);
    } else if (isSeq(parent) && typeof key === 'number') {
      const item = parent.items[key];
      if (isNode(item) && item.range) return at(item.range[0]);
    }
  }
  return name;
}

/** Text for a swept object or list: one line of YAML. */
export function flowText(value: HumanValue): string {
  if (Array.isArray(value)) return `[${(value as readonly HumanValue[]).map(flowText).join(', ')}]`;
  if (isHumanObject(value)) {
    return `{${Object.entries(value)
      .map(([key, each]) => `${key}: ${flowText(each)}`)
      .join(', ')}}`;
  }
  return typeof value === 'string' ? value : show(value);
}
