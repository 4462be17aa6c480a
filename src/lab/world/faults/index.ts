export { parseFaultScript } from './parse-script.ts';
export { randomFaults } from './random-faults.ts';
export type { FaultEffect, FaultRule, FaultScript, TimedEvent, WorldEvent } from './script.ts';
