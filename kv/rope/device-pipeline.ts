/**
 * Dequantise → rotate → stitch without leaving the graphics device.
 *
 * Chunks go up as they came over the network (binary32, fp16 halves, or packed group codes), become floats in one dispatch, are rotated in a
 * second and brought from chunk order into stitched order in a third, whatever the number of chunks, layers and heads. Only the caller reads
 * back, if at all.
 */
import { decodeHalves } from '../codecs/half.ts';
import type { GroupQuantised, GroupShape } from '../codecs/group-quantisation.ts';
import type { DeviceTexture, GpuDevice } from './gpu-device.ts';
import { deviceKeys } from './texture-rope.ts';
import type { DeviceKeys, TextureRope } from './texture-rope.ts';
import { DECODE_HALVES, DEQUANTISE_CHANNELS, DEQUANTISE_TOKENS, GATHER_TOKENS } from './kernel-sources.ts';
import { planShifts } from './key-layout.ts';
import { headSpread, quadTurns } from './quad-turns.ts';
import type { RopeSpec } from './rope-spec.ts';
import { tileTokens } from './texture-tiling.ts';
import type { TokenTile } from './texture-tiling.ts';

/** One chunk's keys or values, [layers × tokens × kvHeads × headDim], in the form it arrived in; quantised per layer. */
export type EncodedTensor =
  | { readonly format: 'float32'; readonly values: Float32Array }
  | { readonly format: 'half'; readonly bits: Uint16Array }
  | { readonly format: 'quantised'; readonly layers: readonly GroupQuantised[] };

/** A chunk: how many tokens, by how much they move, and its tensor. All chunks of a call share one format. */
export interface EncodedChunk {
  readonly tokens: number;
  readonly shift: number;
  readonly tensor: EncodedTensor;
}

/** Extents of the cache that the chunks are part of. */
export interface CacheShape {
  readonly layers: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/**
 * Runs the pipeline; with `spec` undefined (values) nothing is rotated. The result is [layers × all tokens × kvHeads × headDim] on the device;
 * release it when done. Throws RangeError for parts that do not fit, formats a shader cannot take (3-bit codes, groups other than 32 along
 * tokens or channels not a multiple of 32) and batches beyond one texture.
 */
export function stitchOnDevice(rope: TextureRope, chunks: readonly EncodedChunk[], shape: CacheShape, spec: RopeSpec | undefined): DeviceKeys {
  const { device } = rope;
  const width = shape.kvHeads * shape.headDim;
  const tokens = chunks.reduce((sum, chunk) => sum + chunk.tokens, 0);
  if (shape.headDim % 4 !== 0) throw new RangeError(`headDim is ${shape.headDim}; expected a multiple of 4 on a graphics device`);
  const tokenQuads = width / 4;
  const tiles = tileTokens(shape.layers * tokens, tokenQuads, device.maxTextureSize);
  if (tiles.length !== 1) throw new RangeError(`${shape.layers} layers × ${tokens} tokens of ${width} do not fit one texture; stitch fewer layers at a time`);
  const [tile] = tiles;
  // Chunk order: chunk, layer, token.
  const plain = dequantise(device, chunks, shape, tile);
  const flat = { outer: 1, tokens: shape.layers * tokens, inner: shape.kvHeads, headDim: shape.headDim };
  let keys = deviceKeys(flat, [{ tile, texture: plain }]);
  if (spec !== undefined) {
    if (headSpread(spec) !== undefined) throw new RangeError(`head of ${spec.headDim} elements, ${spec.rotaryDim} rotary, ${spec.pairing}: does not divide into quads`);
    let start = 0;
    const shifts = chunks.map((chunk) => {
      const shift = { start, tokens: shape.layers * chunk.tokens, shift: chunk.shift };
      start += shift.tokens;
      return shift;
    });
    const rotated = rope.rotateOnDevice(keys, quadTurns(spec, planShifts(shifts, flat.tokens)));
    keys.release();
    keys = rotated;
  }
  const stitched = gather(device, keys.tiles[0].texture, chunks, shape, tile);
  keys.release();
  const layout = { outer: shape.layers, tokens, inner: shape.kvHeads, headDim: shape.headDim };
  return deviceKeys(layout, [{ tile, texture: stitched }]);
}

/** Brings tokens from chunk, layer, token order into layer, chunk, token order. */
function gather(device: GpuDevice, source: DeviceTexture, chunks: readonly EncodedChunk[], shape: CacheShape, tile: TokenTile): DeviceTexture {
  const tokenQuads = (shape.kvHeads * shape.headDim) / 4;
  const where = new Float32Array(tile.tokensPerLine * tile.height * 4);
  let to = 0;
  for (let layer = 0; layer < shape.layers; layer++) {
    let before = 0;
    for (const chunk of chunks) {
      for (let t = 0; t < chunk.tokens; t++, to++) {
        const from = before * shape.layers + layer * chunk.tokens + t;
        where[to * 4] = Math.floor(from / tile.tokensPerLine);
        where[to * 4 + 1] = from % tile.tokensPerLine;
      }
      before += chunk.tokens;
    }
  }
  const places = device.upload(where, tile.tokensPerLine, tile.height);
  const key = ['gather', tokenQuads, tile.width, tile.height].join(' ');
  const settings = { output: [tile.width, tile.height], constants: { tokenQuads }, returnType: 'Array(4)' };
  const stitched = device.runToTexture(key, GATHER_TOKENS, settings, [source.handle, places.handle]);
  places.release();
  return stitched;
}

/** Floats in chunk order. */
function dequantise(device: GpuDevice, chunks: readonly EncodedChunk[], shape: CacheShape, tile: TokenTile): DeviceTexture {
  const width = shape.kvHeads * shape.headDim;
  const format = chunks[0]?.tensor.format ?? 'float32';
  const elements = (chunk: EncodedChunk): number => shape.layers * chunk.tokens * width;
  const mixed = (chunk: EncodedChunk): RangeError => new RangeError(`chunks of formats ${format} and ${chunk.tensor.format} in one batch`);
  if (format === 'float32') {
    const all = new Float32Array(tile.tokens * width);
    let at = 0;
    for (const chunk of chunks) {
      if (chunk.tensor.format !== 'float32') throw mixed(chunk);
      checkLength('values', chunk.tensor.values.length, elements(chunk));
      all.set(chunk.tensor.values, at);
      at += elements(chunk);
    }
    return device.upload(all, tile.width, tile.height);
  }
  if (format === 'half') {
    const all = new Uint16Array(tile.tokens * width);
    let at = 0;
    for (const chunk of chunks) {
      if (chunk.tensor.format !== 'half') throw mixed(chunk);
      checkLength('bits', chunk.tensor.bits.length, elements(chunk));
      all.set(chunk.tensor.bits, at);
      at += elements(chunk);
    }
    return decodeOnDevice(device, all, tile);
  }
  const parts = chunks.flatMap((chunk) => {
    if (chunk.tensor.format !== 'quantised') throw mixed(chunk);
    checkLength('layers', chunk.tensor.layers.length, shape.layers);
    for (const layer of chunk.tensor.layers) {
      checkLength('tokens', layer.tokens, chunk.tokens);
      checkLength('channels', layer.channels, width);
    }
    return chunk.tensor.layers;
  });
  return parts[0].axis === 'per-channel' ? dequantiseChannels(device, parts, shape, tile) : dequantiseTokens(device, parts, shape, tile);
}

function decodeOnDevice(device: GpuDevice, halves: Uint16Array, tile: TokenTile): DeviceTexture {
  if (tile.width * 2 > device.maxTextureSize) throw new RangeError(`fp16 line of ${tile.width * 2} texels exceeds this device's ${device.maxTextureSize}`);
  const bytes = device.uploadBytes(new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength), tile.width * 2, tile.height);
  const powers = new Float32Array(32 * 4);
  for (let e = 0; e < 32; e++) powers[e * 4] = powerOfTwo(Math.max(e, 1) - 25);
  const table = device.upload(powers, 32, 1);
  const settings = { output: [tile.width, tile.height], returnType: 'Array(4)' };
  const out = device.runToTexture(['halves', tile.width, tile.height].join(' '), DECODE_HALVES, settings, [bytes.handle, table.handle]);
  bytes.release();
  table.release();
  return out;
}

/** 2^e by doubling and halving, exact. */
function powerOfTwo(e: number): number {
  let value = 1;
  for (let i = 0; i < Math.abs(e); i++) value = e < 0 ? value / 2 : value * 2;
  return value;
}

const GROUP = 32;

function checkCodes(parts: readonly GroupQuantised[]): GroupShape {
  const [first] = parts;
  for (const part of parts) {
    if (part.bits !== first.bits || part.axis !== first.axis || part.groupSize !== first.groupSize) throw new RangeError('quantised chunks of different bits, axes or groups in one batch');
  }
  if (first.bits === 3) throw new RangeError('3-bit codes straddle bytes; dequantise them on the CPU');
  if (first.groupSize !== GROUP) throw new RangeError(`groups of ${first.groupSize}; the shader takes groups of ${GROUP}`);
  return first;
}

/** Segment numbers travel as floats with room for a half: whole up to here on every device. */
const MAX_SEGMENTS = 4194304;

/** Segments of a size, laid side by side in lines of a texture. */
function segmentLines(device: GpuDevice, segments: number, texels: number): { perLine: number; width: number; height: number } {
  const limit = device.maxTextureSize;
  const perLine = Math.max(1, Math.min(segments, Math.floor(Math.min(limit, 4096) / texels)));
  const height = Math.ceil(segments / perLine);
  if (segments > MAX_SEGMENTS) throw new RangeError(`${segments} segments in one batch; the shader's whole numbers reach ${MAX_SEGMENTS}`);
  if (texels > limit || height > limit) throw new RangeError(`${segments} segments of ${texels} texels exceed this device's textures of ${limit}`);
  return { perLine, width: perLine * texels, height };
}

function dequantiseChannels(device: GpuDevice, parts: readonly GroupQuantised[], shape: CacheShape, tile: TokenTile): DeviceTexture {
  const { bits } = checkCodes(parts);
  const { kvHeads, headDim } = shape;
  const channels = kvHeads * headDim;
  // A full group of 32 codes is 4·bits bytes: `bits` texels. A short group is filled up.
  const runBytes = 4 * bits;
  const blocks = parts.reduce((sum, part) => sum + Math.ceil(part.tokens / GROUP), 0);
  const segmentTexels = headDim * bits;
  const codeLines = segmentLines(device, blocks * kvHeads, segmentTexels);
  const scaleLines = segmentLines(device, blocks * kvHeads, headDim / 4);
  const codes = new Uint8Array(codeLines.width * codeLines.height * 4);
  const scales = new Float32Array(scaleLines.width * scaleLines.height * 4);
  const minima = new Float32Array(scales.length);
  const where = new Float32Array(tile.tokensPerLine * tile.height * 4);
  const put = segmentWriter(codeLines, segmentTexels * 4);
  const putScales = segmentWriter(scaleLines, headDim);
  let block = 0;
  let token = 0;
  for (const part of parts) {
    const partScales = decodeHalves(part.scales);
    const partMinima = decodeHalves(part.minima);
    let byte = 0;
    for (let first = 0; first < part.tokens; first += GROUP, block++) {
      const count = Math.min(GROUP, part.tokens - first);
      const bytes = Math.ceil((count * bits) / 8);
      const group = (first / GROUP) * channels;
      for (let head = 0; head < kvHeads; head++) {
        const segment = block * kvHeads + head;
        const at = put(segment);
        for (let c = 0; c < headDim; c++, byte += bytes) codes.set(part.codes.subarray(byte, byte + bytes), at + c * runBytes);
        scales.set(partScales.subarray(group + head * headDim, group + (head + 1) * headDim), putScales(segment));
        minima.set(partMinima.subarray(group + head * headDim, group + (head + 1) * headDim), putScales(segment));
      }
      for (let t = 0; t < count; t++, token++) {
        where[token * 4] = block * kvHeads;
        where[token * 4 + 1] = t;
      }
    }
  }
  const constants = {
    tokenQuads: channels / 4, headQuads: headDim / 4, runTexels: bits, segmentTexels, codesPerLine: codeLines.perLine, scalesPerLine: scaleLines.perLine, ...packing(bits),
  };
  return run(device, DEQUANTISE_CHANNELS, 'channels', constants, tile, [
    device.uploadBytes(codes, codeLines.width, codeLines.height),
    device.upload(scales, scaleLines.width, scaleLines.height),
    device.upload(minima, scaleLines.width, scaleLines.height),
    device.upload(where, tile.tokensPerLine, tile.height),
  ]);
}

function dequantiseTokens(device: GpuDevice, parts: readonly GroupQuantised[], shape: CacheShape, tile: TokenTile): DeviceTexture {
  const { bits } = checkCodes(parts);
  const channels = shape.kvHeads * shape.headDim;
  if (channels % GROUP !== 0) throw new RangeError(`${channels} channels a token; the shader takes multiples of ${GROUP}`);
  const tokenBytes = (channels * bits) / 8;
  const tokenGroups = channels / GROUP;
  const codeLines = segmentLines(device, tile.tokens, tokenBytes / 4);
  const groupLines = segmentLines(device, tile.tokens, tokenGroups);
  const codes = new Uint8Array(codeLines.width * codeLines.height * 4);
  const groups = new Float32Array(groupLines.width * groupLines.height * 4);
  const where = new Float32Array(tile.tokensPerLine * tile.height * 4);
  const put = segmentWriter(codeLines, tokenBytes);
  const putGroups = segmentWriter(groupLines, tokenGroups * 4);
  let token = 0;
  for (const part of parts) {
    const scales = decodeHalves(part.scales);
    const minima = decodeHalves(part.minima);
    for (let t = 0; t < part.tokens; t++, token++) {
      codes.set(part.codes.subarray(t * tokenBytes, (t + 1) * tokenBytes), put(token));
      for (let g = 0, at = putGroups(token); g < tokenGroups; g++, at += 4) {
        groups[at] = scales[t * tokenGroups + g];
        groups[at + 1] = minima[t * tokenGroups + g];
      }
      where[token * 4] = token;
    }
  }
  const constants = {
    tokenQuads: channels / 4, segmentTexels: tokenBytes / 4, codesPerLine: codeLines.perLine, groupsPerLine: groupLines.perLine, tokenGroups, groupSize: GROUP, ...packing(bits),
  };
  return run(device, DEQUANTISE_TOKENS, 'tokens', constants, tile, [
    device.uploadBytes(codes, codeLines.width, codeLines.height),
    device.upload(groups, groupLines.width, groupLines.height),
    device.upload(where, tile.tokensPerLine, tile.height),
  ]);
}

/** Codes in a byte, and the number of values of a code. */
function packing(bits: number): { perByte: number; radix: number } {
  return { perByte: 8 / bits, radix: 1 << bits };
}

/** Start of a segment in an array that a texture is uploaded from; segments fill a line without a gap. */
function segmentWriter(lines: { perLine: number; width: number }, segmentSize: number): (segment: number) => number {
  return (segment) => Math.floor(segment / lines.perLine) * lines.width * 4 + (segment % lines.perLine) * segmentSize;
}

function run(device: GpuDevice, source: string, name: string, constants: Record<string, number>, tile: TokenTile, inputs: readonly DeviceTexture[]): DeviceTexture {
  const sizes = inputs.flatMap(({ width, height }) => [width, height]);
  const key = [name, ...Object.values(constants), tile.width, tile.height, ...sizes].join(' ');
  const settings = { output: [tile.width, tile.height], constants, returnType: 'Array(4)' };
  const out = device.runToTexture(key, source, settings, inputs.map(({ handle }) => handle));
  for (const input of inputs) input.release();
  return out;
}

function checkLength(name: string, have: number, want: number): void {
  if (have !== want) throw new RangeError(`chunk has ${have} ${name}; expected ${want}`);
}
