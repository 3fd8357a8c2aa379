import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, body } from '../api/client.ts';
import { SESSION_KEY, useSession } from '../api/session.tsx';
import { SelectField } from '../design/Field.tsx';
import { Icon } from '../design/Icon.tsx';
import { InfoDialog } from '../design/InfoDialog.tsx';
import { Notice, Problem } from '../design/Notice.tsx';
import { NewPasswordForm } from '../login/NewPasswordForm.tsx';
import { browserZone, usePreferences, type Theme } from './preferences.tsx';

const MENU = 'account-menu';
const THEMES = ['system', 'light', 'dark'] as const;
const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];

/** Who is logged in, how the console looks to them, and the way out. */
export function AccountMenu() {
  const { t, formats } = usePreferences();
  const { caller } = useSession();
  const [isChangingPassword, setIsChangingPassword] = useState(false);
  return (
    <>
      <button type="button" className="button button-quiet account-button" popoverTarget={MENU}>
        <Icon name="account" />
        <span>{caller.username}</span>
      </button>
      <div
        id={MENU}
        popover="auto"
        className="account"
        role="group"
        aria-label={t('account.title')}
      >
        <div className="form">
          {caller.expiresAt !== null && (
            <p className="small quiet">
              {t('account.until', { time: formats.timeOfDay(Date.parse(caller.expiresAt)) })}
            </p>
          )}
          <DisplayFields />
          <a href="/docs">{t('account.documents')}</a>
          <a href="/console/licenses.md">{t('account.licenses')}</a>
          <div className="actions">
            {caller.kind === 'user' && (
              <button type="button" className="button" onClick={() => setIsChangingPassword(true)}>
                {t('account.password')}
              </button>
            )}
            <LogoutButton />
          </div>
        </div>
      </div>
      {isChangingPassword && <PasswordDialog onClose={() => setIsChangingPassword(false)} />}
    </>
  );
}

function DisplayFields() {
  const { t, language, theme, zone, choose } = usePreferences();
  return (
    <>
      <SelectField
        label={t('account.language')}
        value={language}
        onChange={({ target }) => choose({ language: target.value === 'pt-BR' ? 'pt-BR' : 'en' })}
      >
        <option value="en" lang="en">
          English
        </option>
        <option value="pt-BR" lang="pt-BR">
          Português (Brasil)
        </option>
      </SelectField>
      <SelectField
        label={t('account.theme')}
        value={theme}
        onChange={({ target }) => choose({ theme: target.value as Theme })}
      >
        {THEMES.map((each) => (
          <option key={each} value={each}>
            {t(`account.theme.${each}`)}
          </option>
        ))}
      </SelectField>
      <SelectField
        label={t('account.zone')}
        value={zone ?? ''}
        onChange={({ target }) => choose({ zone: target.value || undefined })}
      >
        <option value="">{t('account.zone.browser', { zone: browserZone() })}</option>
        {ZONES.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </SelectField>
    </>
  );
}

function LogoutButton() {
  const { t } = usePreferences();
  const client = useQueryClient();
  const logout = useMutation({
    mutationFn: () => body(api.POST('/auth/logout')),
    onSuccess: () => {
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
      return client.resetQueries({ queryKey: SESSION_KEY });
    },
  });
  return (
    <>
      <button
        type="button"
        className="button"
        disabled={logout.isPending}
        onClick={() => logout.mutate()}
      >
        {t('account.logout')}
      </button>
      {logout.error && <Problem error={logout.error} />}
    </>
  );
}

function PasswordDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = usePreferences();
  const { caller } = useSession();
  const [isDone, setIsDone] = useState(false);
  return (
    <InfoDialog
      title={t('password.title')}
      action={isDone ? t('app.close') : t('app.cancel')}
      onClose={onClose}
    >
      {isDone ? (
        <Notice>{t('password.done')}</Notice>
      ) : (
        <NewPasswordForm username={caller.username} onDone={() => setIsDone(true)} />
      )}
    </InfoDialog>
  );
}
