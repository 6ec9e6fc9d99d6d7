/**
 * MS MARCO passage ranking (Bajaj et al., arXiv 1611.09268): `collection.tsv` (passage id, text), `queries.*.tsv` (query id,
 * text) and `qrels.*.tsv` (query id, 0, passage id, relevance), all without headers.
 */
import { InputError, excerpt } from '../text/input-error.ts';
import type { Question } from './question.ts';
import type { DocumentText } from './text-corpus.ts';

/** `key <tab> text` lines. Quotes mean nothing in these files. */
function* keyedTexts(lines: Iterable<string>, file: string, expected: string): Generator<{ line: number; key: string; text: string }> {
  let line = 0;
  for (const row of lines) {
    line++;
    if (row.trim() === '') continue;
    const tab = row.indexOf('\t');
    const key = row.slice(0, Math.max(0, tab)).trim();
    if (key === '') throw new InputError(file, line, `expected ${expected}, got ${excerpt(row)}`);
    yield { line, key, text: row.slice(tab + 1) };
  }
}

/** Passages as documents. The same reader takes any two-column passage file. @throws InputError on a line without a tab. */
export function* msMarcoCollection(lines: Iterable<string>, file: string): Generator<DocumentText> {
  for (const { key, text } of keyedTexts(lines, file, 'passage id, tab, text')) yield { key, text };
}

/** Relevant passages by query. Fields are apart by tabs or blanks; judgements of relevance 0 are left out. @throws InputError on a malformed line. */
export function msMarcoQrels(lines: Iterable<string>, file: string): Map<string, Set<string>> {
  const relevant = new Map<string, Set<string>>();
  let line = 0;
  for (const row of lines) {
    line++;
    if (row.trim() === '') continue;
    const fields = row.trim().split(/\s+/);
    const [query = '', , passage = '', relevance = ''] = fields;
    if (fields.length !== 4 || !/^-?\d+$/.test(relevance)) {
      throw new InputError(file, line, `expected query id, 0, passage id, relevance; got ${excerpt(row)}`);
    }
    if (Number(relevance) <= 0) continue;
    const passages = relevant.get(query);
    if (passages === undefined) relevant.set(query, new Set([passage]));
    else passages.add(passage);
  }
  return relevant;
}

/** Queries, with what is relevant to them where judgements are given. @throws InputError on a line without a tab. */
export function* msMarcoQueries(lines: Iterable<string>, file: string, qrels?: ReadonlyMap<string, ReadonlySet<string>>): Generator<Question> {
  for (const { key, text } of keyedTexts(lines, file, 'query id, tab, text')) {
    const relevant = qrels?.get(key);
    yield relevant === undefined ? { key, text } : { key, text, relevant };
  }
}
