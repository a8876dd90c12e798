// Which page is shown: by who is signed in, then by the address.

import { lazy, Suspense } from "react";
import { Redirect, Route, Switch, useLocation, useSearch } from "wouter";
import { ShownContext, useLive } from "./api/live";
import { useToken } from "./fragment";
import { AccountPage } from "./pages/account";
import { ContactsPage } from "./pages/contacts";
import { GroupsPage } from "./pages/groups";
import { NotFoundPage } from "./pages/not-found";
import { SetUpPage } from "./pages/set-up";
import { SignInPage } from "./pages/sign-in";
import { SignInLinkPage } from "./pages/sign-in-link";
import { SignUpPage } from "./pages/sign-up";
import { WaitingPage } from "./pages/waiting";
import { WhatsAppPage } from "./pages/whatsapp";
import { Announcer } from "./parts/announce";
import { ConnectionBanner } from "./parts/connection";
import { Shell } from "./parts/shell";
import { Splash } from "./parts/splash";
import { places, signInFrom, wayBack } from "./places";

const PeoplePage = lazy(() => import("./pages/people"));

export function App() {
  return (
    <>
      <Announcer />
      <Pages />
    </>
  );
}

function Pages() {
  const live = useLive();
  const [place] = useLocation();
  const query = useSearch();
  const token = useToken();

  if (token !== null && place === places.signIn) return <SignInLinkPage token={token} />;
  switch (live.phase) {
    case "asking":
    case "unreachable":
      return <Splash />;
    case "signed-out":
      return (
        <>
          <Switch>
            <Route path={places.setUp} component={SetUpPage} />
            <Route path={places.signUp} component={SignUpPage} />
            <Route path={places.signIn} component={SignInPage} />
            <Route>
              <Redirect to={signInFrom(place)} replace />
            </Route>
          </Switch>
          <ConnectionBanner />
        </>
      );
    case "signed-in": {
      const { known } = live;
      if (!known) return <Splash />;
      if (known.account.role === "GUEST") {
        return (
          <>
            <WaitingPage account={known.account} />
            <ConnectionBanner />
          </>
        );
      }
      if (place === places.signIn || place === places.signUp || place === places.setUp) {
        return <Redirect to={wayBack(query)} replace />;
      }
      return (
        <ShownContext.Provider value={{ ...live, known }}>
          <Shell>
            <Suspense fallback={null}>
              <Switch>
                <Route path={places.whatsApp} component={WhatsAppPage} />
                <Route path={places.groups} component={GroupsPage} />
                <Route path={places.contacts} component={ContactsPage} />
                <Route path={places.account} component={AccountPage} />
                {known.account.role === "ADMIN" && <Route path={places.people} component={PeoplePage} />}
                <Route component={NotFoundPage} />
              </Switch>
            </Suspense>
          </Shell>
        </ShownContext.Provider>
      );
    }
  }
}
