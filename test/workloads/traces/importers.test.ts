import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SECOND } from '../../../sim/kernel/time.ts';
import { InputError } from '../../../workloads/text/input-error.ts';
import { inArrivalOrder } from '../../../workloads/traces/arrival-order.ts';
import { azureRecords } from '../../../workloads/traces/azure.ts';
import { burstGptRecords } from '../../../workloads/traces/burstgpt.ts';
import { DAY_NS, parseCalendarTime } from '../../../workloads/traces/calendar-time.ts';
import { genericCsvRecords, genericJsonlRecords } from '../../../workloads/traces/generic.ts';
import { formatMooncake, mooncakeRecords } from '../../../workloads/traces/mooncake.ts';
import { TRACE_FORMATS, detectTraceFormat, openTrace, traceFormat } from '../../../workloads/traces/open-trace.ts';
import type { TraceRecord } from '../../../workloads/traces/trace-record.ts';

const file = 'trace.txt';
const lines = (text: string): string[] => text.split('\n');

describe('mooncake', () => {
  const read = (text: string): TraceRecord[] => [...mooncakeRecords(lines(text), { file })];

  it('reads the examples of its README: shared blocks have shared ids, dense from 0', () => {
    const [a, b] = read(
      '{"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 2353, 2354]}\n' +
        '{"timestamp": 30535, "input_length": 6472, "output_length": 26, "hash_ids": [46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 2366]}\n',
    );
    expect(a).toEqual({ arrivalNs: 27_482_000_000, inputTokens: 6955, outputTokens: 52, blocks: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], line: 1 });
    expect(b.blocks).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14]);
  });

  it('takes hashes of 64 bits, as integers or text, and hashes for full blocks only', () => {
    const [a, b] = read(
      '{"timestamp": 0, "input_length": 1300, "output_length": 1, "hash_ids": [18446744073709551615, 18446744073709551614]}\n' +
        '{"timestamp": 0.5, "input_length": 1024, "output_length": 0, "hash_ids": ["18446744073709551615", "0xffff"]}',
    );
    expect([a.blocks, b.blocks, b.arrivalNs]).toEqual([[0, 1], [0, 2], 500_000]);
  });

  it.each([
    ['{"timestamp": 1, "input_length": 5, "output_', 'trace.txt:2: expected {"timestamp": ms, "input_length": tokens, "output_length": tokens, "hash_ids": [block hashes]}, got a line that is not JSON (cut short?)'],
    ['{"timestamp": 1, "input_length": 5, "output_length": 1}', 'trace.txt:2: "hash_ids": expected a list of block hashes, got nothing'],
    ['{"timestamp": "soon", "input_length": 5, "output_length": 1, "hash_ids": [1]}', 'trace.txt:2: "timestamp": expected milliseconds, got "soon"'],
    ['{"timestamp": 1, "input_length": 0, "output_length": 1, "hash_ids": []}', 'trace.txt:2: "input_length": expected an integer of 1 or more, got "0"'],
    ['{"timestamp": 1, "input_length": 5.5, "output_length": 1, "hash_ids": [1]}', '"input_length": expected an integer of 1 or more, got "5.5"'],
    ['{"timestamp": 1, "input_length": 5, "output_length": -1, "hash_ids": [1]}', '"output_length": expected an integer of 0 or more, got "-1"'],
    ['{"timestamp": 1, "input_length": 5, "output_length": 1, "hash_ids": [1.5]}', '"hash_ids"[0]: expected an integer or a string, got "1.5"'],
    ['{"timestamp": 1, "input_length": 1300, "output_length": 1, "hash_ids": [1]}', '"hash_ids": 1300 tokens in blocks of 512 make 3 (or the 2 full ones) hashes, got 1'],
    ['{"timestamp": 1, "input_length": 1024, "output_length": 1, "hash_ids": [1]}', '1024 tokens in blocks of 512 make 2 hashes, got 1'],
    ['{"timestamp": 1e300, "input_length": 5, "output_length": 1, "hash_ids": [1]}', 'within 104 days'],
    ['{"timestamp": null, "input_length": 5, "output_length": 1, "hash_ids": [1]}', '"timestamp": expected milliseconds, got "null"'],
    ['{"timestamp": 1, "input_length": 99999999999, "output_length": 1, "hash_ids": [1]}', '"input_length": expected an integer of 1 or more'],
  ])('refuses %s', (line, message) => {
    expect(() => read(`{"timestamp": 0, "input_length": 5, "output_length": 1, "hash_ids": [1]}\n${line}`)).toThrow(message);
  });

  it('reads back what it writes', () => {
    const record = { arrivalNs: 1_500_000_000, inputTokens: 700, outputTokens: 3, blocks: [0, 1], line: 1 };
    expect(read(formatMooncake(record))).toEqual([record]);
  });
});

describe('azure', () => {
  const read = (text: string): TraceRecord[] => [...azureRecords(lines(text), { file })];
  const header = 'TIMESTAMP,ContextTokens,GeneratedTokens\n';

  it('keeps the 100 ns of its timestamps, over midnight and with offsets', () => {
    const records = read(`${header}2023-11-16 23:59:59.9799601,4808,10\n2023-11-17 00:00:00.0000001,5,0\n2023-11-17T01:00:00.5+01:00,7,1`);
    expect(records.map(({ arrivalNs }) => arrivalNs - records[0].arrivalNs)).toEqual([0, 20_040_000, 520_039_900]);
    expect(records[0]).toMatchObject({ inputTokens: 4808, outputTokens: 10, line: 2 });
    expect(records[0].blocks).toBeUndefined();
  });

  it('skips rows without context, and says so', () => {
    const skipped: string[] = [];
    const records = [...azureRecords(lines(`${header}2024-05-10 00:00:00.009930+00:00,0,4\n2024-05-10 00:00:01+00:00,1,4`), { file, onSkip: (line, reason) => void skipped.push(`${line} ${reason}`) })];
    expect([records.length, skipped]).toEqual([1, ['2 no context tokens']]);
  });

  it.each([
    ['', 'trace.txt:1: expected the header TIMESTAMP,ContextTokens,GeneratedTokens, got an empty file'],
    ['TIMESTAMP,ContextTokns,GeneratedTokens\n', 'expected a header line with a column "ContextTokens", got "TIMESTAMP,ContextTokns,GeneratedTokens"; did you mean "ContextTokns"?'],
    [`${header}2023-11-16 18:17:03.97,4808`, 'trace.txt:2: expected 3 fields (TIMESTAMP,ContextTokens,GeneratedTokens), got 2 (cut short?): "2023-11-16 18:17:03.97,4808"'],
    [`${header}16/11/2023 18:17,1,1`, 'trace.txt:2: "TIMESTAMP": expected a time like 2023-11-16 18:17:03.9799600, got "16/11/2023 18:17"'],
    [`${header}2023-02-29 18:17:00,1,1`, 'expected a time like'],
    [`${header}2023-11-16 18:17:00,x,1`, 'trace.txt:2: "ContextTokens": expected an integer of 0 or more, got "x"'],
    [`${header}2023-11-16 18:17:00,1,\n`, '"GeneratedTokens": expected an integer of 0 or more, got ""'],
    [`${header}2023-11-16 18:17:00,1,1\n2029-11-16 18:17:00,1,1`, 'trace.txt:3: "TIMESTAMP": expected a time within 104 days of the first'],
  ])('refuses %j', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

describe('burstgpt', () => {
  const text = 'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,490,Conversation log\n45,GPT-4,1087,230,1317,API log\n1106,ChatGPT,0,0,0,Conversation log\n1110.25,GPT-4,40,0,40,Conversation log\n';

  it('reads requests and leaves failed ones out', () => {
    const skipped: string[] = [];
    const records = [...burstGptRecords(lines(text), { file, onSkip: (line, reason) => void skipped.push(`${line} ${reason}`) })];
    expect(records).toEqual([
      { arrivalNs: 5 * SECOND, inputTokens: 472, outputTokens: 18, model: 'ChatGPT', line: 2 },
      { arrivalNs: 45 * SECOND, inputTokens: 1087, outputTokens: 230, model: 'GPT-4', line: 3 },
    ]);
    expect(skipped).toEqual(['4 no request tokens', '5 failed: no response tokens']);
  });

  it('can keep failed requests, and only a model or a log type', () => {
    expect([...burstGptRecords(lines(text), { file, keepFailed: true })].map(({ line }) => line)).toEqual([2, 3, 5]);
    expect([...burstGptRecords(lines(text), { file, model: 'gpt-4' })].map(({ line }) => line)).toEqual([3]);
    expect([...burstGptRecords(lines(text), { file, logType: 'Conversation log' })].map(({ line }) => line)).toEqual([2]);
  });

  it('takes sessions where the file has them, and refuses a truncated row', () => {
    const withSession = 'Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n1,s9,0.5,GPT-4,10,1,11,API log\n2,s4,0.5,GPT-4,10,1,11,API log\n3,s9,0.5,GPT-4,10,1,11,API log\n';
    expect([...burstGptRecords(lines(withSession), { file })].map(({ session }) => session)).toEqual([0, 1, 0]);
    expect(() => [...burstGptRecords(lines(`${text}9,GPT-4,40`), { file })]).toThrow('trace.txt:6: expected 6 fields');
    expect(() => [...burstGptRecords([], { file })]).toThrow('got an empty file');
  });
});

describe('generic', () => {
  const csv = (text: string, more: object = {}): TraceRecord[] => [...genericCsvRecords(lines(text), { file, ...more })];
  const jsonl = (text: string, more: object = {}): TraceRecord[] => [...genericJsonlRecords(lines(text), { file, ...more })];

  it.each([
    ['arrival,input tokens,output tokens\n1.5,10,2', 1.5 * SECOND],
    ['Output_Tokens,ARRIVAL (ms),Prompt-Tokens\n2,1500,10', 1.5 * SECOND],
    ['timestamp_us,num_prefill_tokens,num_decode_tokens\n1500000,10,2', 1.5 * SECOND],
    ['Timestamp,Request tokens,Response tokens\n1.5,10,2', 1.5 * SECOND],
    ['ts_ns,input_length,output_length\n1500000000,10,2', 1.5 * SECOND],
    ['time,input_length,output_length\n1970-01-01 00:00:01.5,10,2', 1.5 * SECOND],
    ['arrival;input tokens;output tokens\n1.5;10;2', 1.5 * SECOND],
    ['arrival\tinput, tokens\toutput tokens\n1.5\t10\t2', 1.5 * SECOND],
  ])('understands %j', (text, arrivalNs) => {
    expect(csv(text)).toEqual([{ arrivalNs, inputTokens: 10, outputTokens: 2, line: 2 }]);
  });

  it('takes names of columns and the unit of time from its options', () => {
    expect(csv('when,how much,answer\n3,10,2', { columns: { arrival: 'when', input: 'HOW MUCH', output: 'answer' }, arrivalUnit: 'ms' })).toEqual([{ arrivalNs: 3_000_000, inputTokens: 10, outputTokens: 2, line: 2 }]);
  });

  it('takes hashes, sessions and tenants, present or blank', () => {
    const text = 'arrival,input tokens,output tokens,block hashes,session,user\n0,700,1,"a1 b7",s1,t1\n1,600,1,[a1; c3],,t2\n2,5,1,,s1,t1\n';
    expect(csv(text).map(({ blocks, session, tenant }) => [blocks, session, tenant])).toEqual([[[0, 1], 0, 0], [[0, 2], undefined, 1], [undefined, 0, 0]]);
  });

  it('reads JSON lines, keys in any order and not all in every line', () => {
    const records = jsonl('{"arrival": 0, "input_tokens": 700, "output_tokens": 1, "hash_ids": [9007199254740993, 9007199254740992]}\n\n{"output_tokens": 2, "input_tokens": 5, "arrival": 1}');
    expect(records).toEqual([
      { arrivalNs: 0, inputTokens: 700, outputTokens: 1, blocks: [0, 1], line: 1 },
      { arrivalNs: SECOND, inputTokens: 5, outputTokens: 2, line: 3 },
    ]);
  });

  it('counts absolute times from the first day, so that they stay exact', () => {
    const [a, b] = jsonl('{"arrival_us": 1700000000000001, "input_tokens": 1, "output_tokens": 1}\n{"arrival_us": 1700000000000002, "input_tokens": 1, "output_tokens": 1}');
    expect(b.arrivalNs - a.arrivalNs).toBe(1000);
  });

  it.each([
    ['', 'expected a header such as arrival,input tokens,output tokens; got an empty file'],
    ['arrival,inptu tokens,output tokens\n', 'expected a header line with a column "input tokens" or "prompt tokens" or "context tokens", got "arrival,inptu tokens,output tokens"; did you mean "inptu tokens"?'],
    ['1.5,10,2\n', 'expected a header line with a column "arrival" or "timestamp" or "time", got "1.5,10,2"'],
    ['arrival,input tokens,output tokens\n1,2\n', 'trace.txt:2: expected 3 fields'],
    ['arrival,input tokens,output tokens\nx,2,3\n', 'trace.txt:2: "arrival": expected a time, got "x"'],
    ['arrival,input tokens,output tokens\n1,0x10,3\n', '"input tokens": expected an integer of 0 or more, got "0x10"'],
    ['arrival,input tokens,output tokens,hash ids\n1,5000,3,a b\n', '"hash ids": 5000 tokens in blocks of 512 make 10 (or the 9 full ones) hashes, got 2'],
  ])('refuses the CSV %j', (text, message) => {
    expect(() => csv(text)).toThrow(message);
  });

  it('refuses JSON lines without a needed key, and a mapped column that is not there', () => {
    expect(() => jsonl('{"arrival": 1, "input_tokens": 3}')).toThrow('trace.txt:1: expected a JSON object with a key "output tokens" or "completion tokens" or "generated tokens", got "arrival,input_tokens"; did you mean "input_tokens"?');
    expect(() => csv('arrival,input tokens,output tokens\n', { columns: { input: 'inputs' } })).toThrow('expected a header line with a column "inputs"');
  });
});

describe('format detection', () => {
  const samples: [string, string][] = [
    ['{"timestamp": 0, "input_length": 5, "output_length": 1, "hash_ids": [1]}', 'mooncake'],
    ['{"arrival": 0, "input_tokens": 5, "output_tokens": 1}', 'jsonl'],
    ['TIMESTAMP,ContextTokens,GeneratedTokens', 'azure'],
    ['Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type', 'burstgpt'],
    ['arrival,input tokens,output tokens', 'csv'],
  ];
  it.each(samples)('%s', (line, format) => {
    expect(detectTraceFormat(line)).toBe(format);
  });

  it('reads no more than the first line that is not blank, then all of them', () => {
    let given = 0;
    const text = ['', ' ', 'arrival,input tokens,output tokens', '0,5,1', '1,6,2'];
    const counted = function* (): Generator<string> {
      for (const line of text) {
        given++;
        yield line;
      }
    };
    const { format, records } = openTrace(counted(), { file });
    expect([format, given]).toEqual(['csv', 3]);
    expect([...records].map(({ line }) => line)).toEqual([4, 5]);
  });

  it('closes the lines when reading is broken off', () => {
    let closed = false;
    const endless = function* (): Generator<string> {
      try {
        yield 'arrival,input tokens,output tokens';
        for (;;) yield '0,5,1';
      } finally {
        closed = true;
      }
    };
    for (const record of openTrace(endless(), { file }).records) if (record.line === 4) break;
    expect(closed).toBe(true);
  });

  it('takes a format by name and suggests the nearest', () => {
    expect(traceFormat('Azure')).toBe('azure');
    expect(() => traceFormat('mooncacke')).toThrow('expected one of mooncake, azure, burstgpt, csv, jsonl; did you mean "mooncake"?');
    expect(() => openTrace([], { file })).toThrow('trace.txt:1: expected a trace (JSON lines, or CSV with a header), got an empty file');
  });
});

describe('any input', () => {
  /** Lines near enough to the formats to reach every check. */
  const fragment = fc.oneof(
    fc.string(),
    fc.constantFrom('{', '}', '"', ',', '[', ']', ':', '0', '-1', '1e999', '1e5', '99999999999999999999', 'null', 'timestamp', '"timestamp"', '"hash_ids"', 'input_length', 'arrival', 'TIMESTAMP', 'ContextTokens', 'GeneratedTokens', '2023-11-16 18:17:03', 'tokens', '__proto__', '\u0000', '\uFEFF'),
  );
  const text = fc.array(fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join('')), { maxLength: 6 });
  const valid = fc.constantFrom(
    '{"timestamp": 0, "input_length": 5, "output_length": 1, "hash_ids": [1]}', 'arrival,input tokens,output tokens', 'TIMESTAMP,ContextTokens,GeneratedTokens',
    'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type', '0,5,1', '2023-11-16 18:17:03,5,1', '3,GPT-4,5,1,6,API log',
  );

  it('gives records that hold what they promise, or one InputError of one line that names file and line', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.tuple(valid, text).map(([first, rest]) => [first, ...rest])), fc.constantFrom(undefined, ...TRACE_FORMATS), (input, format) => {
        try {
          for (const record of openTrace(input, { file }, format).records) {
            expect(Number.isSafeInteger(record.arrivalNs) && Number.isInteger(record.inputTokens) && record.inputTokens >= 1 && record.outputTokens >= 0).toBe(true);
            expect(record.blocks?.every((id) => Number.isInteger(id) && id >= 0) ?? true).toBe(true);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect((error as InputError).message).toMatch(/^trace\.txt:\d+: [^\n]+$/);
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it('a file cut off anywhere gives all whole records before the cut, then an error or an end', () => {
    const whole = Array.from({ length: 5 }, (_, index) => JSON.stringify({ timestamp: index, input_length: 600, output_length: 3, hash_ids: [index, index + 1] })).join('\n');
    for (let cut = 0; cut <= whole.length; cut++) {
      const records: TraceRecord[] = [];
      const complete = whole.slice(0, cut).split('\n').filter((line) => line.endsWith('}')).length;
      try {
        for (const record of mooncakeRecords(whole.slice(0, cut).split('\n'), { file })) records.push(record);
        expect(cut === 0 || '}\n'.includes(whole[cut - 1])).toBe(true);
      } catch (error) {
        expect((error as InputError).line).toBe(complete + 1);
      }
      expect(records).toHaveLength(complete);
    }
  });
});

describe('inArrivalOrder', () => {
  const record = (arrivalNs: number, line: number): TraceRecord => ({ arrivalNs, inputTokens: 1, outputTokens: 1, line });

  it('sorts by time, equal times in file order, where nothing is further out of place than the window', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), fc.nat(10), (arrivals, window) => {
        const records = arrivals.map((arrivalNs, index) => record(arrivalNs, index + 1));
        const sorted = records.toSorted((a, b) => a.arrivalNs - b.arrivalNs);
        // How many places each record stands behind where it belongs: all that precede it in the file and follow it in time.
        const late = Math.max(0, ...records.map((one, index) => records.slice(0, index).filter((other) => other.arrivalNs > one.arrivalNs).length));
        if (late <= window) expect([...inArrivalOrder(records, file, window)]).toEqual(sorted);
        else expect(() => [...inArrivalOrder(records, file, window)]).toThrow(`it is more than ${window} places out of order`);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('names the line that comes too late', () => {
    expect(() => [...inArrivalOrder([record(2 * SECOND, 1), record(SECOND, 2)], file, 0)]).toThrow('trace.txt:2: arrives 1 s before a record that has been passed on');
    expect(() => [...inArrivalOrder([], file, -1)]).toThrow('reorder window is -1');
  });
});

describe('parseCalendarTime', () => {
  it('agrees with the calendar of the language on every day of four centuries', () => {
    for (let day = -80_000; day < 80_000; day += 13) {
      const text = new Date(day * 86_400_000).toISOString().slice(0, 10);
      if (/^\d{4}-/.test(text)) expect(parseCalendarTime(text)).toEqual({ day, nsOfDay: 0 });
    }
  });

  it('reads fractions to the nanosecond', () => {
    expect(parseCalendarTime('1970-01-02 23:59:59.123456789')).toEqual({ day: 1, nsOfDay: DAY_NS - SECOND + 123_456_789 });
    expect(parseCalendarTime('1970-01-02T00:00Z')).toEqual({ day: 1, nsOfDay: 0 });
    expect(parseCalendarTime('1970-01-02 00:00:00-05:30')).toEqual({ day: 1, nsOfDay: 5.5 * 3600 * SECOND });
  });

  it.each(['', 'now', '2023-13-01', '2023-00-10', '2023-11-31', '1900-02-29', '2023-11-16 24:00:00', '2023-11-16 10:61', '2023-11-16 10:00:00.1234567890', '23-11-16'])('knows no %j', (text) => {
    expect(parseCalendarTime(text)).toBeUndefined();
  });
});
