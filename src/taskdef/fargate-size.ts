/**
 * The sizes Fargate has. Pure.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
 */
import type { JsonValue } from './json.ts';
import { shown } from './report-problem.ts';

interface MemoryRange {
  /** MiB. */
  readonly lowest: number;
  readonly highest: number;
  readonly step: number;
}

/** By CPU units. */
const sizes: ReadonlyMap<number, MemoryRange> = new Map([
  [256, { lowest: 512, highest: 2048, step: 512 }],
  [512, { lowest: 1024, highest: 4096, step: 1024 }],
  [1024, { lowest: 2048, highest: 8192, step: 1024 }],
  [2048, { lowest: 4096, highest: 16_384, step: 1024 }],
  [4096, { lowest: 8192, highest: 30_720, step: 1024 }],
  [8192, { lowest: 16_384, highest: 61_440, step: 4096 }],
  [16_384, { lowest: 32_768, highest: 122_880, step: 8192 }],
]);

export interface SizeProblem {
  readonly field: 'cpu' | 'memory';
  readonly message: string;
}

/** Undefined when Fargate has this size. */
export function checkFargateSize(
  cpuGiven: JsonValue | undefined,
  memoryGiven: JsonValue | undefined,
): SizeProblem | undefined {
  const cpu = units(cpuGiven, 'vcpu');
  const range = cpu === undefined ? undefined : sizes.get(cpu);
  if (range === undefined) {
    const allowed = [...sizes.keys()].join(', ');
    return { field: 'cpu', message: `Fargate takes cpu ${allowed}; ${shown(cpuGiven)} is not one of them.` };
  }
  const memory = units(memoryGiven, 'gb');
  const { lowest, highest, step } = range;
  // 256 CPU units go with 512, 1024 and 2048 MiB: there is no 1536.
  const isAllowed =
    memory !== undefined &&
    memory >= lowest &&
    memory <= highest &&
    (cpu === 256 ? [512, 1024, 2048].includes(memory) : memory % step === 0);
  if (isAllowed) return undefined;
  const allowed = cpu === 256 ? '512, 1024 or 2048' : `${lowest} to ${highest} in steps of ${step}`;
  return {
    field: 'memory',
    message: `Fargate with cpu ${cpu} takes memory ${allowed} (MiB); ${shown(memoryGiven)} is not.`,
  };
}

/** The smallest size with at least this much; the largest one where none has. */
export function smallestFargateSize(
  cpuUnits: number,
  memoryMiB: number,
): { readonly cpu: string; readonly memory: string } {
  for (const [cpu, { lowest, highest, step }] of sizes) {
    if (cpu < cpuUnits || highest < memoryMiB) continue;
    const steps = Math.max(0, Math.ceil((memoryMiB - lowest) / step));
    const memory = lowest + steps * step;
    return { cpu: String(cpu), memory: String(cpu === 256 && memory > 1024 ? 2048 : memory) };
  }
  return { cpu: '16384', memory: '122880' };
}

export function cpuUnitsOf(value: JsonValue | undefined): number | undefined {
  return units(value, 'vcpu');
}

export function memoryMiBOf(value: JsonValue | undefined): number | undefined {
  return units(value, 'gb');
}

/** `512`, `.5 vCPU`, `1 GB`: CPU units or MiB. */
function units(value: JsonValue | undefined, unit: 'vcpu' | 'gb'): number | undefined {
  const match = /^(\d*\.?\d+)\s*(vcpu|gb)?$/i.exec(typeof value === 'string' ? value.trim() : '');
  if (match === null) return undefined;
  if (match[2] === undefined) return Number(match[1]);
  return match[2].toLowerCase() === unit ? Number(match[1]) * 1024 : undefined;
}
