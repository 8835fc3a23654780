-- Two roles for Comeback on PostgreSQL: the owner changes the tables (`comeback migrate`, `comeback audit prune`), the app runs the bot and
-- can add to the audit trail, never change it. Run it as a superuser or the database's owner, in Comeback's database, before the first
-- `comeback migrate`, which takes from the app what it may not do to the trail. Running it again changes nothing.
--
--     psql -d comeback -f docs/postgresql-roles.sql
--     \password comeback_owner
--     \password comeback_app
--
-- The tables of an installation that had one role before: REASSIGN OWNED BY <that role> TO comeback_owner;

DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'comeback_owner') THEN
        CREATE ROLE comeback_owner LOGIN;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'comeback_app') THEN
        CREATE ROLE comeback_app LOGIN;
    END IF;
    -- Whoever owns nothing here and is no member of the owner can neither drop nor disable a trigger.
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO comeback_owner, comeback_app', current_database());
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO comeback_owner;
GRANT USAGE ON SCHEMA public TO comeback_app;

-- Tables that `comeback migrate` makes can be used at once; what vouches it then closes to the app.
ALTER DEFAULT PRIVILEGES FOR ROLE comeback_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO comeback_app;
ALTER DEFAULT PRIVILEGES FOR ROLE comeback_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO comeback_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO comeback_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO comeback_app;

-- What vouches can only grow, where the trail begins is the owner's to say, and so is which release the tables are of.
DO $$
BEGIN
    IF to_regclass('public.audit') IS NOT NULL THEN
        REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON audit, checkpoints FROM comeback_app;
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON audit_cuts, alembic_version FROM comeback_app;
    END IF;
END
$$;
