/**
 * Measured grids of a serving engine's operators, in the layout of LLMServingSim's profiler (casys-kaist, MIT).
 *
 * Three CSV files, times in microseconds, one transformer layer or one call each:
 *   dense          layer,tokens,time_us                                   cost by tokens in the step
 *   per_sequence   layer,sequences,time_us                                cost by sequences in the step
 *   attention      prefill_chunk,kv_prefill,n_decode,kv_decode,time_us    one chunk beside uniform decodes
 * Reading is strict: a wrong header, a field that is no number or a time that is not positive is refused with its line.
 */

export interface LayerPoint {
  readonly layer: string;
  /** Tokens or sequences. */
  readonly size: number;
  readonly timeUs: number;
}

export interface AttentionPoint {
  readonly prefillChunk: number;
  readonly kvPrefill: number;
  readonly decodeSequences: number;
  readonly kvDecode: number;
  readonly timeUs: number;
}

export interface ProfileTables {
  readonly dense: readonly LayerPoint[];
  readonly perSequence: readonly LayerPoint[];
  readonly attention: readonly AttentionPoint[];
}

/** The three texts. `name` of each is used in messages: a path or a label. */
export interface ProfileTexts {
  readonly dense: { readonly name: string; readonly text: string };
  readonly perSequence: { readonly name: string; readonly text: string };
  readonly attention: { readonly name: string; readonly text: string };
}

/** @throws RangeError naming the file, the line and what was expected. */
export function parseProfileTables(texts: ProfileTexts): ProfileTables {
  return {
    dense: layerPoints(texts.dense.name, texts.dense.text, 'tokens'),
    perSequence: layerPoints(texts.perSequence.name, texts.perSequence.text, 'sequences'),
    attention: attentionPoints(texts.attention.name, texts.attention.text),
  };
}

/** Which of the three tables a header line belongs to, or undefined. */
export function profileTableKind(header: string): keyof ProfileTables | undefined {
  const columns = header.trim().split(',');
  if (!columns.includes('time_us')) return undefined;
  if (columns.includes('prefill_chunk')) return 'attention';
  if (columns.includes('sequences')) return 'perSequence';
  return columns.includes('tokens') ? 'dense' : undefined;
}

function layerPoints(name: string, text: string, sizeColumn: string): LayerPoint[] {
  return rows(name, text, ['layer', sizeColumn, 'time_us']).map(({ line, fields }) => ({
    layer: fields[0],
    size: whole(name, line, sizeColumn, fields[1], 1),
    timeUs: time(name, line, fields[2]),
  }));
}

function attentionPoints(name: string, text: string): AttentionPoint[] {
  const columns = ['prefill_chunk', 'kv_prefill', 'n_decode', 'kv_decode', 'time_us'];
  return rows(name, text, columns).map(({ line, fields }) => {
    const point = {
      prefillChunk: whole(name, line, columns[0], fields[0], 0),
      kvPrefill: whole(name, line, columns[1], fields[1], 0),
      decodeSequences: whole(name, line, columns[2], fields[2], 0),
      kvDecode: whole(name, line, columns[3], fields[3], 0),
      timeUs: time(name, line, fields[4]),
    };
    if (point.prefillChunk === 0 && point.decodeSequences === 0) throw new RangeError(`${name}:${line}: neither a prefill chunk nor a decode`);
    return point;
  });
}

/** Data rows, columns in the order asked for, other columns dropped. */
function rows(name: string, text: string, columns: readonly string[]): { line: number; fields: string[] }[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const header = (lines[0] ?? '').split(',').map((column) => column.trim());
  const positions = columns.map((column) => {
    const position = header.indexOf(column);
    if (position === -1) throw new RangeError(`${name}:1: no column ${column} in the header ${JSON.stringify(lines[0] ?? '')}; expected ${columns.join(',')}`);
    return position;
  });
  const found: { line: number; fields: string[] }[] = [];
  for (let index = 1; index < lines.length; index += 1) {
    if (lines[index].trim() === '') continue;
    const fields = lines[index].split(',');
    if (fields.length !== header.length) throw new RangeError(`${name}:${index + 1}: ${fields.length} fields, the header has ${header.length}`);
    found.push({ line: index + 1, fields: positions.map((position) => fields[position].trim()) });
  }
  if (found.length === 0) throw new RangeError(`${name}: no data rows`);
  return found;
}

function whole(name: string, line: number, column: string, field: string, least: number): number {
  const value = Number(field);
  if (field === '' || !Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name}:${line}: ${column} must be an integer of at least ${least}, not ${JSON.stringify(field)}`);
  }
  return value;
}

function time(name: string, line: number, field: string): number {
  const value = Number(field);
  if (field === '' || !(value > 0 && Number.isFinite(value))) throw new RangeError(`${name}:${line}: time_us must be positive, not ${JSON.stringify(field)}`);
  return value;
}
