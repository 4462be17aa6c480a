/** A runner that dies at one of its calls to AWS: before the call has its effect, or when its answer would come. */
import type { AwsCaller } from '../../../src/aws/caller.ts';

export class Killed extends Error {}

export interface Kill {
  /** `ModifyRule`: only calls of that operation are counted; undefined: all are. */
  readonly operation?: string | undefined;
  /** From 1. */
  readonly nth: number;
  readonly afterEffect: boolean;
}

export interface Dying {
  readonly wrap: (aws: AwsCaller) => AwsCaller;
  /** Calls that were made, all operations together. */
  readonly made: () => number;
}

/** From that call on nothing goes out. */
export function dyingAt({ operation, nth, afterEffect }: Kill): Dying {
  let made = 0;
  let counted = 0;
  let death: Killed | undefined;
  return {
    made: () => made,
    wrap: (aws) => ({
      call: async (name, input, signal) => {
        if (death !== undefined) throw death;
        made++;
        if (operation === undefined || name.endsWith(`:${operation}`)) counted++;
        if (counted >= nth) death = new Killed(name);
        if (death !== undefined && !afterEffect) throw death;
        const output = await aws.call(name, input, signal);
        if (death !== undefined) throw death;
        return output;
      },
    }),
  };
}

export function killedAt(call: number, withEffect: boolean): Dying {
  return dyingAt({ nth: call, afterEffect: withEffect });
}

/** The run dies at the first call after this has come to be so. */
export function dyingWhen(isTime: () => boolean): { wrap: (aws: AwsCaller) => AwsCaller } {
  return {
    wrap: (aws) => ({
      call: (name, input, signal) => {
        if (isTime()) throw new Killed(name);
        return aws.call(name, input, signal);
      },
    }),
  };
}
