import { useState } from 'react';
import type { components } from '#console-api';
import { CopyField } from '../design/CopyField.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { importCurlOf, PROGRAMS, readingCurlOf, type Sender } from './device-programs.ts';

const LOCAL_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

interface KeyProgramsProps {
  readonly scopes: components['schemas']['ListedApiKey']['scopes'];
  readonly sender: Omit<Sender, 'origin'>;
}

/** Ready programs for a key: to send where it may, else to read or to import. */
export function KeyPrograms({ scopes, sender }: KeyProgramsProps) {
  const { t } = usePreferences();
  const { origin } = location;
  if (scopes.includes('sensorflow/write')) return <SendingPrograms sender={sender} />;
  const isReading = scopes.includes('sensorflow/read');
  const text = (isReading ? readingCurlOf : importCurlOf)({ ...sender, origin });
  return <CopyField label={isReading ? t('programs.read') : t('programs.import')} text={text} />;
}

export function SendingPrograms({ sender }: Pick<KeyProgramsProps, 'sender'>) {
  const { t } = usePreferences();
  const [chosen, setChosen] = useState<(typeof PROGRAMS)[number]>(PROGRAMS[0]);
  const { origin, hostname } = location;
  return (
    <div className="form">
      <div className="chips" role="group" aria-label={t('programs.kind')}>
        {PROGRAMS.map((program) => (
          <button
            key={program.id}
            type="button"
            className="chip"
            aria-pressed={program === chosen}
            onClick={() => setChosen(program)}
          >
            {program.title}
          </button>
        ))}
      </div>
      <CopyField
        key={chosen.id}
        label={t('programs.send')}
        text={chosen.textOf({ ...sender, origin })}
      />
      {LOCAL_NAMES.has(hostname) && <p className="field-hint">{t('programs.localhost')}</p>}
    </div>
  );
}
