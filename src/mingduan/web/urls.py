"""Addresses of the pages."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from . import views

urlpatterns = [
    path("", views.front, name="front"),
    path("home/", views.home, name="home"),
    path("login/", LoginView.as_view(template_name="web/login.html"), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("follow/", views.follow, name="follow"),
    path("procedures/", views.procedures, name="procedures"),
    path("procedures/<slug:body>/<slug:procedure>/", views.procedure, name="procedure"),
    path("file/<slug:body>/<slug:procedure>/", views.file, name="file"),
    path("cases/", views.cases, name="cases"),
    path("cases/<str:number>/", views.case, name="case"),
    path("cases/<str:number>/files/<str:sha256>/", views.paper, name="paper"),
    path("cases/<str:number>/do/<slug:action>/", views.do, name="do"),
]
