/** Comma- or tab-separated records with quotes (RFC 4180), streamed, each with the number of its first line. */
import { InputError, excerpt } from './input-error.ts';

/** One record. */
export interface CsvRow {
  /** First line of the record, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** Where the lines come from and how fields are told apart. */
export interface CsvOptions {
  readonly file: string;
  /** One character; default a comma. */
  readonly separator?: string;
  /** A quoted field may run over lines, but no record over more characters than this: an unclosed quote must not swallow the file. */
  readonly maxRecordCharacters?: number;
}

const DEFAULT_MAX_RECORD_CHARACTERS = 1_048_576;

/**
 * Reads records; blank lines between them are skipped. A field in double quotes may contain the separator, line breaks and
 * doubled quotes; a quote inside an unquoted field stands for itself.
 *
 * @throws InputError on a quote that is never closed, and on text after a closing quote.
 */
export function* csvRows(lines: Iterable<string>, options: CsvOptions): Generator<CsvRow> {
  const separator = options.separator ?? ',';
  const maxCharacters = options.maxRecordCharacters ?? DEFAULT_MAX_RECORD_CHARACTERS;
  let line = 0;
  let open: { line: number; text: string } | undefined;
  for (const text of lines) {
    line++;
    if (open === undefined) {
      if (text.trim() === '') continue;
      if (!text.includes('"')) {
        yield { line, fields: text.split(separator) };
        continue;
      }
    }
    const record: { line: number; text: string } = open === undefined ? { line, text } : { line: open.line, text: `${open.text}\n${text}` };
    const fields = quotedFields(record.text, separator, options.file, record.line);
    if (fields !== undefined) {
      open = undefined;
      yield { line: record.line, fields };
    } else if (record.text.length > maxCharacters) {
      throw unclosed(options.file, record);
    } else {
      open = record;
    }
  }
  if (open !== undefined) throw unclosed(options.file, open);
}

function unclosed(file: string, record: { line: number; text: string }): InputError {
  return new InputError(file, record.line, `a quote opened on this line is never closed (truncated file?): ${excerpt(record.text)}`);
}

/** The fields of one record, or undefined where a quoted field is still open at its end. */
function quotedFields(text: string, separator: string, file: string, line: number): string[] | undefined {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    let field = '';
    if (text[at] === '"') {
      at++;
      for (;;) {
        const quote = text.indexOf('"', at);
        if (quote < 0) return undefined;
        field += text.slice(at, quote);
        at = quote + 1;
        if (text[at] !== '"') break;
        field += '"';
        at++;
      }
      if (at < text.length && text[at] !== separator) {
        throw new InputError(file, line, `expected ${excerpt(separator)} or the end of the line after a closing quote, got ${excerpt(text.slice(at))}`);
      }
    } else {
      const end = text.indexOf(separator, at);
      field = end < 0 ? text.slice(at) : text.slice(at, end);
      at += field.length;
    }
    fields.push(field);
    if (at >= text.length) return fields;
    at++;
    if (at === text.length) {
      fields.push('');
      return fields;
    }
  }
}
