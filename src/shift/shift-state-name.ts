/** A state of the action, for its post step: `begun` from the first change on, `over` once the shift has come to its end. */
export const shiftStateName = 'shift';
