import { everyDefectIsCaught } from '../every-defect.ts';
import { storyCount } from './coverage.ts';
import { defects } from './defects.ts';

everyDefectIsCaught(import.meta.dirname, defects, storyCount);
