import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Bag } from './bag.js';

it('holds what a set would, in any order', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 7 })), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (all) => {
      const things = Array.from({ length: 8 }, (_thing, name) => ({ name, bagPlace: -1 }));
      const bag = new Bag<{ name: number; bagPlace: number }>();
      const set = new Set<{ name: number; bagPlace: number }>();
      const deleted = { fromBag: [] as boolean[], fromSet: [] as boolean[] };
      for (const [adds, name] of all) {
        const thing = things[name];
        if (!thing) continue;
        if (!adds) {
          deleted.fromBag.push(bag.delete(thing));
          deleted.fromSet.push(set.delete(thing));
        } else if (!set.has(thing)) {
          bag.add(thing);
          set.add(thing);
        }
      }

      expect(deleted.fromBag).toEqual(deleted.fromSet);
      expect(bag.size).toBe(set.size);
      expect(new Set(bag.all())).toEqual(set);
    }),
  );
});
