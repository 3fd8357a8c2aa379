import { Mark } from '../design/Icon.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { LoginForm } from './LoginForm.tsx';
import './login.css';

const IS_LOCAL = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);

/** Two halves, as in the earlier front end: a greeting, and the form. */
export function LoginPage() {
  const { t, language, choose } = usePreferences();
  return (
    <div className="login">
      <aside className="login-side">
        <span className="wordmark">
          <Mark /> SensorFlow
        </span>
        <svg className="login-trace" viewBox="0 0 600 120" fill="none" aria-hidden="true">
          <path
            d="M0 78c40-6 62 10 96-4s50-46 88-40 46 52 84 50 40-30 70-34M384 52c38-14 60 22 96 18s64-46 120-52"
            stroke="currentColor"
            strokeWidth="2.5"
            strokeLinecap="round"
          />
          <path
            d="M338 50h46"
            stroke="currentColor"
            strokeWidth="2"
            strokeDasharray="2 7"
            opacity="0.6"
          />
        </svg>
        <div>
          <h2>{t('login.welcome')}</h2>
          <p>{t('login.pitch')}</p>
        </div>
      </aside>
      <main className="login-main">
        <div className="login-form">
          <h1>{t('login.title')}</h1>
          <LoginForm />
          {IS_LOCAL && <p className="field-hint login-hint">{t('login.local')}</p>}
        </div>
        <button
          type="button"
          className="button button-quiet"
          lang={language === 'en' ? 'pt-BR' : 'en'}
          onClick={() => choose({ language: language === 'en' ? 'pt-BR' : 'en' })}
        >
          {language === 'en' ? 'Português (Brasil)' : 'English'}
        </button>
      </main>
    </div>
  );
}
