import { Link, useRoute } from 'wouter';
import { PageHead } from '../shell/Shell.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { AuditTrail } from './AuditTrail.tsx';
import { Keys } from './Keys.tsx';
import { People } from './People.tsx';

const PARTS = ['keys', 'people', 'audit'] as const;

/** Who may: keys of devices, people, and what they did. */
export default function AccessPage() {
  const { t } = usePreferences();
  const [, parameters] = useRoute('/access/:part');
  const part = PARTS.find((each) => each === parameters?.part) ?? 'keys';
  return (
    <>
      <PageHead title={t('access.title')} />
      <nav className="chips" aria-label={t('access.title')}>
        {PARTS.map((each) => (
          <Link
            key={each}
            href={`/access/${each}`}
            className="chip chip-link"
            aria-current={each === part ? 'page' : undefined}
          >
            {t(`access.${each}`)}
          </Link>
        ))}
      </nav>
      {part === 'keys' && <Keys />}
      {part === 'people' && <People />}
      {part === 'audit' && <AuditTrail />}
    </>
  );
}
