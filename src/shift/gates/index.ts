/** All gates, in the order in which they are asked: what is certain first, what is counted after it. */
import { alarmGate } from './alarms.ts';
import type { Answer, Gate, Question } from './gate.ts';
import { harmGate } from './harm.ts';
import { freshGate, readableGate, routingGate, toldGate } from './metrics.ts';
import { equallyBadGate, errorObjectiveGate, latencyObjectiveGate } from './objectives.ts';
import { ownCheckGate } from './own-check.ts';
import { shareGate } from './share.ts';
import { exitGate, revisionGate, targetGate } from './tasks.ts';

const gates: readonly Gate[] = [
  alarmGate,
  exitGate,
  revisionGate,
  targetGate,
  routingGate,
  harmGate,
  toldGate,
  errorObjectiveGate,
  latencyObjectiveGate,
  ownCheckGate,
  readableGate,
  freshGate,
  shareGate,
  equallyBadGate,
];

/** One gate that fails is enough to go back; one that holds, to stay. */
export function askGates(question: Question): Answer {
  let answer: Answer = { kind: 'pass' };
  for (const gate of gates) {
    const next = gate(question);
    if (next.kind === 'fail') return next;
    if (next.kind === 'hold' && answer.kind === 'pass') answer = next;
  }
  return answer;
}
