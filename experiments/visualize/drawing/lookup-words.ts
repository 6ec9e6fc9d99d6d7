/** What a lookup does, step by step, in words: for readers who cannot see the ring, and for those who can. */
import type { Scene } from './scene.ts';
import { shortId } from './scene.ts';

/** One sentence for the state after `steps` steps. */
export function describeLookup(scene: Scene): string {
  const { lookup, steps, picture } = scene;
  if (lookup === undefined) return '';
  const name = (node: number): string => shortId(picture.nodes[node].id);
  const total = lookup.steps.length;
  const key = shortId(lookup.key);
  if (total === 0) return `${name(lookup.from)} owns key ${key} itself: no message is sent.`;
  if (steps === 0) return `${name(lookup.from)} looks for the owner of key ${key}.`;
  const step = lookup.steps[Math.min(steps, total) - 1];
  const queries = step.messages.filter(({ kind }) => kind === 'query');
  const answers = step.messages.filter(({ kind }) => kind === 'answer');
  const words = [
    ...(queries.length === 0 ? [] : [queriesInWords(queries, name, lookup.from)]),
    ...(answers.length === 0 ? [] : [answersInWords(answers, name)]),
  ];
  const found = steps < total ? '' : lookup.owner < 0 ? ' No owner was found.' : ` The owner is ${name(lookup.owner)}, after ${lookup.hops} ${lookup.hops === 1 ? 'hop' : 'hops'} and ${Math.round(lookup.milliseconds * 10) / 10} ms.`;
  return `${Math.round(step.milliseconds * 10) / 10} ms: ${words.join('; ')}.${found}`;
}

/** The whole lookup in one line of at most `most` characters: its queries in order, then what it found. */
export function summariseLookup(scene: Scene, most: number): string {
  const { lookup, picture } = scene;
  if (lookup === undefined) return '';
  const name = (node: number): string => shortId(picture.nodes[node].id);
  const rounds = lookup.steps.map(({ messages }) => messages.filter(({ kind }) => kind === 'query')).filter((queries) => queries.length > 0);
  const told = rounds.map((queries, i) => `${i + 1}. ${name(queries[0].from)} → ${queries.map(({ to }) => name(to)).join(', ')}`).join('; ');
  const found = lookup.owner < 0 ? 'no owner was found' : `the owner is ${name(lookup.owner)}`;
  const end = `${found}, after ${lookup.hops} ${lookup.hops === 1 ? 'hop' : 'hops'} and ${Math.round(lookup.milliseconds * 10) / 10} ms.`;
  if (rounds.length === 0) return `${name(lookup.from)} knows by itself: ${end}`;
  const room = most - end.length - 4;
  return `${told.length > room ? `${told.slice(0, room)} …` : told}; ${end}`;
}

interface Sent {
  readonly from: number;
  readonly to: number;
}

function queriesInWords(queries: readonly Sent[], name: (node: number) => string, origin: number): string {
  const senders = [...new Set(queries.map(({ from }) => from))];
  return senders.map((from) => `${name(from)} ${from === origin ? 'asks' : 'passes the query to'} ${together(queries.filter((q) => q.from === from).map(({ to }) => name(to)))}`).join('; ');
}

function answersInWords(answers: readonly Sent[], name: (node: number) => string): string {
  const receivers = [...new Set(answers.map(({ to }) => to))];
  return receivers.map((to) => {
    const from = answers.filter((a) => a.to === to).map((a) => name(a.from));
    return `${together(from)} ${from.length === 1 ? 'answers' : 'answer'} ${name(to)}`;
  }).join('; ');
}

function together(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}
